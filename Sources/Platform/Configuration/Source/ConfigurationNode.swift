/// A piece of configuration and where it was written.
public struct ConfigurationNode: Sendable {
    public indirect enum Value: Sendable {
        /// Nothing was written behind the key: as if the key were not there.
        case null
        case scalar(String)
        case list([ConfigurationNode])
        case section([Entry])
    }

    public struct Entry: Sendable {
        public let key: String
        /// The place of the key; the value may begin on a later line.
        public let origin: ConfigurationOrigin
        public var node: ConfigurationNode
    }

    public var value: Value
    public let origin: ConfigurationOrigin

    subscript(component: ConfigurationPath.Component) -> ConfigurationNode? {
        switch (component, value) {
        case (.key(let key), .section(let entries)): entries.first { $0.key == key }?.node
        case (.index(let index), .list(let nodes)): nodes.indices.contains(index) ? nodes[index] : nil
        default: nil
        }
    }
}

/// Where a value was written down.
public enum ConfigurationOrigin: Sendable, Hashable, CustomStringConvertible {
    case file(path: String, line: Int)
    /// A file of a mounted directory, such as a ConfigMap.
    case directory(file: String)
    case environment(variable: String)

    public var description: String {
        switch self {
        case .file(let path, let line): "\(path):\(line)"
        case .directory(let file): file
        case .environment(let variable): "environment \(variable)"
        }
    }
}

/// The way from the root to a value: `order.port`, `routes[0].path`.
struct ConfigurationPath: Sendable, Hashable, CustomStringConvertible {
    enum Component: Sendable, Hashable {
        case key(String)
        case index(Int)
    }

    var components: [Component] = []

    func appending(_ component: Component) -> ConfigurationPath {
        ConfigurationPath(components: components + [component])
    }

    func appending(_ key: String) -> ConfigurationPath { appending(.key(key)) }

    var description: String {
        var text = ""
        for component in components {
            switch component {
            case .key(let key): text += text.isEmpty ? key : ".\(key)"
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }

    /// `order.openDuration` is `SAMBAL_ORDER_OPEN_DURATION`.
    func environmentName(prefix: String) -> String {
        var name = prefix
        for component in components {
            switch component {
            case .key(let key): name += "_" + Self.shouted(key)
            case .index(let index): name += "_\(index)"
            }
        }
        return name
    }

    /// Words are divided where a lower-case letter or a digit meets an upper-case one, and at the end of an acronym.
    private static func shouted(_ key: String) -> String {
        let letters = Array(key)
        var result = ""
        for (index, letter) in letters.enumerated() {
            guard letter.isLetter || letter.isNumber else {
                result += "_"
                continue
            }
            if index > 0, letter.isUppercase {
                let previous = letters[index - 1]
                let endsAcronym = previous.isUppercase && index + 1 < letters.count && letters[index + 1].isLowercase
                if previous.isLowercase || previous.isNumber || endsAcronym { result += "_" }
            }
            result += letter.uppercased()
        }
        return result
    }

    /// Whether the value must not be shown: its key is that of a secret, or it stands in `secrets`.
    var isSecret: Bool {
        if case .key("secrets")? = components.first { return true }
        for case .key(let key) in components.reversed() {
            return Self.isSecret(name: key)
        }
        return false
    }

    /// Whether values of that name are secret: of keys, of headers, of parameters in URLs.
    static func isSecret(name: some StringProtocol) -> Bool {
        let endings = [
            "secret", "password", "passwd", "passphrase", "pwd", "key", "token", "authorization", "auth", "cookie",
            "credential", "credentials", "signature", "bearer",
        ]
        let name = name.lowercased()
        return endings.contains { name.hasSuffix($0) }
    }
}
