/// The value under a key.
enum Reading<Value> {
    case value(Value, ConfigurationOrigin)
    case missing
    /// There is something, but not this; it has been reported.
    case wrong
}

extension Configuration {
    /// The text under `key`, from the source that wins. Reports a list or a section.
    func text(_ key: String, expected: String) -> Reading<String> {
        let path = path.appending(key)
        reader.markKnown(path)
        if let variable = reader.variable(for: path) {
            return .value(variable.value, .environment(variable: variable.name))
        }
        guard let node = node?[.key(key)] else { return .missing }
        switch node.value {
        case .scalar(let text): return .value(text, node.origin)
        case .null: return .missing
        case .list, .section:
            reader.accept(path)
            reader.report(node.origin, "\(path) must be \(expected)\(notThis(node, path))")
            return .wrong
        }
    }

    private func reading<Value>(_ key: String, as kind: ScalarKind<Value>) -> Reading<Value> {
        let path = path.appending(key)
        switch text(key, expected: kind.expected) {
        case .missing: return .missing
        case .wrong: return .wrong
        case .value(let text, let origin):
            guard let value = kind.parse(text) else {
                let isEmptyText = Value.self == String.self && !text.contains { !$0.isWhitespace }
                let mistake = isEmptyText ? "not be empty" : "be \(kind.expected)\(Self.not(text, path))"
                reader.report(origin, "\(path) must \(mistake)")
                return .wrong
            }
            reader.record(path, .scalar(kind.show(value)), origin, mayBeSecret: kind.mayBeSecret)
            return .value(value, origin)
        }
    }

    func readOptional<Value>(_ key: String, as kind: ScalarKind<Value>, help: SettingHelp = .none) -> Value? {
        declare(path.appending(key), type: kind.type, default: nil, mayBeSecret: kind.mayBeSecret, help: help)
        guard case .value(let value, _) = reading(key, as: kind) else { return nil }
        return value
    }

    /// `standIn` is what a required value is until `finish()` throws.
    func read<Value>(
        _ key: String, as kind: ScalarKind<Value>, default fallback: Value?, standIn: Value, help: SettingHelp
    ) -> Value {
        let path = path.appending(key)
        declare(
            path, type: kind.type, default: fallback.map(kind.show), isRequired: fallback == nil,
            mayBeSecret: kind.mayBeSecret, help: help)
        switch reading(key, as: kind) {
        case .value(let value, _): return value
        case .wrong: return fallback ?? standIn
        case .missing:
            guard let fallback else {
                let variable = path.environmentName(prefix: reader.source.environmentPrefix)
                reader.report(origin, "\(path) is required: \(kind.expected) (or set \(variable))")
                return standIn
            }
            reader.record(path, .scalar(kind.show(fallback)), nil, mayBeSecret: kind.mayBeSecret)
            return fallback
        }
    }
}
