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
