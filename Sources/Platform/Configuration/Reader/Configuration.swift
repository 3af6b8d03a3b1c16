/// A section of the configuration, read by type.
///
/// Values never throw: what is wrong goes to the reader, which throws all of it in `finish()`.
public struct Configuration: Sendable {
    let reader: ConfigurationReader
    let path: ConfigurationPath
    let node: ConfigurationNode?

    /// The section under `key`; an empty one if there is none.
    public func section(_ key: String) -> Configuration {
        let path = path.appending(key)
        reader.markKnown(path)
        guard let node = node?[.key(key)] else { return Configuration(reader: reader, path: path, node: nil) }
        switch node.value {
        case .section: return Configuration(reader: reader, path: path, node: node)
        case .null: return Configuration(reader: reader, path: path, node: nil)
        case .scalar, .list:
            reader.accept(path)
            reader.report(node.origin, "\(path) must be a section with keys of its own\(notThis(node, path))")
            return Configuration(reader: reader, path: path, node: nil)
        }
    }

    /// Takes whatever stands under `key` without looking: another process reads it.
    public func accept(_ key: String) { reader.accept(path.appending(key)) }

    /// Whether anything is written under `key`, in the file or the directory.
    public func contains(_ key: String) -> Bool {
        guard let node = node?[.key(key)] else { return false }
        if case .null = node.value { return false }
        return true
    }

    /// The place at which the section is written.
    public var origin: ConfigurationOrigin? { node?.origin }

    /// Adds a problem that only the caller can see, about `key`: `report("from", "must not be after until")`.
    public func report(_ key: String, _ message: String) {
        let path = path.appending(key)
        let variable = reader.variable(for: path).map { ConfigurationOrigin.environment(variable: $0.name) }
        reader.report(variable ?? node?[.key(key)]?.origin ?? origin, "\(path) \(message)")
    }

    /// Adds a warning about `key`: the value is taken, and means something else than one may think.
    public func warn(_ key: String, _ message: String) {
        reader.warn(node?[.key(key)]?.origin ?? origin, "\(path.appending(key)) \(message)")
    }

    /// The spelling of a key in this section, of the two that Spring Boot's relaxed binding allows: `allowedOrigins` or
    /// `allowed-origins`.
    public func spelling(of key: String) -> String {
        var kebab = ""
        for letter in key { kebab += letter.isUppercase ? "-" + letter.lowercased() : String(letter) }
        return kebab != key && contains(kebab) && !contains(key) ? kebab : key
    }

    /// The end of a message that says what was found instead.
    func notThis(_ node: ConfigurationNode, _ path: ConfigurationPath) -> String {
        switch node.value {
        case .null: ""
        case .scalar(let text): Self.not(text, path)
        case .list: ", not a list"
        case .section: ", not a section"
        }
    }

    static func not(_ text: String, _ path: ConfigurationPath) -> String {
        path.isSecret ? "" : ", not \"\(text.prefix(80))\""
    }
}
