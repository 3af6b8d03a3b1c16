extension Configuration {
    /// A list of words. The environment and the directory write it with commas.
    public func strings(_ key: String, default fallback: [String] = [], help: SettingHelp = .none) -> [String] {
        let path = path.appending(key)
        declare(
            path, type: "list of texts", default: fallback.isEmpty ? nil : fallback.joined(separator: ","), help: help)
        if case .list(let items) = node?[.key(key)]?.value, let origin = node?[.key(key)]?.origin,
            reader.variable(for: path) == nil
        {
            reader.markKnown(path)
            let words = items.enumerated().compactMap { word($1, at: path.appending(.index($0))) }
            reader.record(path, .list(words), origin)
            return words
        }
        switch text(key, expected: "a list") {
        case .value(let text, let origin):
            let words = text.split(separator: ",").map { String($0.trimmingBlanks) }.filter { !$0.isEmpty }
            reader.record(path, .list(words), origin)
            return words
        case .wrong: return fallback
        case .missing:
            reader.record(path, .list(fallback), nil)
            return fallback
        }
    }

    func word(_ item: ConfigurationNode, at path: ConfigurationPath) -> String? {
        if case .scalar(let text) = item.value { return text }
        reader.report(item.origin, "\(path) must be text\(notThis(item, path))")
        return nil
    }

    /// A list of sections, such as routes; empty if there is none.
    public func list(_ key: String) -> [Configuration] {
        let path = path.appending(key)
        return items(key).enumerated().compactMap { index, item in
            let place = path.appending(.index(index))
            reader.markKnown(place)
            if case .section = item.value { return Configuration(reader: reader, path: place, node: item) }
            reader.accept(place)
            reader.report(item.origin, "\(place) must be a section with keys of its own\(notThis(item, place))")
            return nil
        }
    }

    /// Sections whose names are the user's, in the order written; empty if there are none.
    public func map(_ key: String) -> [(name: String, section: Configuration)] {
        section(key).entries.map { (name: $0.keys[0], section: $0.section($0.keys[0])) }
    }

    /// Texts whose names are the user's; a text may be empty.
    public func stringMap(_ key: String, help: SettingHelp = .none) -> [String: String] {
        declare(
            path.appending(key).appending("NAME"), type: "text", default: nil, hasVariable: false, help: help)
        var result: [String: String] = [:]
        for entry in section(key).entries {
            result[entry.keys[0]] = entry.readOptional(entry.keys[0], as: .text(mayBeEmpty: true))
        }
        return result
    }

    /// This section with one of its keys alone, for each of them: where all are read, none has to be looked for.
    private var entries: [Configuration] {
        guard let node, case .section(let entries) = node.value else { return [] }
        return entries.map { entry in
            Configuration(
                reader: reader, path: path, node: ConfigurationNode(value: .section([entry]), origin: node.origin))
        }
    }

    /// The keys of this section as written in the file and the directory.
    public var keys: [String] {
        guard case .section(let entries) = node?.value else { return [] }
        return entries.map(\.key)
    }

    func items(_ key: String) -> [ConfigurationNode] {
        let path = path.appending(key)
        reader.markKnown(path)
        guard let node = node?[.key(key)] else { return [] }
        switch node.value {
        case .list(let items): return items
        case .null: return []
        case .scalar, .section:
            reader.accept(path)
            reader.report(node.origin, "\(path) must be a list\(notThis(node, path))")
            return []
        }
    }
}

extension Substring {
    fileprivate var trimmingBlanks: Substring {
        var rest = self
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
