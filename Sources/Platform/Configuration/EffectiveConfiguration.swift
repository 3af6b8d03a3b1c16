/// The values that were read, in the order of reading, as a tree.
struct EffectiveConfiguration: Sendable {
    enum Value: Sendable {
        case scalar(String)
        case list([String])
    }

    indirect enum Content: Sendable {
        case value(Value, ConfigurationOrigin?, isSecret: Bool)
        case branch(Branch)
    }

    /// In the order of reading; each is found by its component.
    struct Branch: Sendable {
        var children: [(component: ConfigurationPath.Component, content: Content)] = []
        var places: [ConfigurationPath.Component: Int] = [:]

        mutating func place(of component: ConfigurationPath.Component) -> Int {
            if let place = places[component] { return place }
            children.append((component: component, content: .branch(Branch())))
            places[component] = children.count - 1
            return children.count - 1
        }
    }

    private var root = Content.branch(Branch())

    mutating func insert(_ value: Value, at path: ConfigurationPath, origin: ConfigurationOrigin?, isSecret: Bool) {
        root.insert(.value(value, origin, isSecret: isSecret), at: path.components[...])
    }

    var rendered: String {
        var text = ""
        root.render(into: &text, indentation: "")
        return text
    }
}

extension EffectiveConfiguration.Content {
    mutating func insert(_ leaf: Self, at components: ArraySlice<ConfigurationPath.Component>) {
        guard let first = components.first else {
            self = leaf
            return
        }
        var branch = EffectiveConfiguration.Branch()
        if case .branch(let known) = self { branch = known }
        // Without a second reference to it, or all of it would be copied.
        self = .branch(EffectiveConfiguration.Branch())
        let place = branch.place(of: first)
        branch.children[place].content.insert(leaf, at: components.dropFirst())
        self = .branch(branch)
    }
}

extension EffectiveConfiguration.Content {
    /// `first` is what stands before the first line, such as the dash of a list's item.
    func render(into text: inout String, indentation: String, first: String? = nil) {
        guard case .branch(let branch) = self else { return }
        var lead = first ?? indentation
        for (component, content) in branch.children {
            switch (component, content) {
            case (.key(let key), .value(let value, let origin, let isSecret)):
                let source = origin.map { "\($0)" } ?? "default"
                text += "\(lead)\(YAMLText.scalar(key)): \(YAMLText.value(value, isSecret: isSecret))  # \(source)\n"
            case (.key(let key), .branch):
                text += "\(lead)\(YAMLText.scalar(key)):\n"
                content.render(into: &text, indentation: indentation + "  ")
            case (.index, .value(let value, let origin, let isSecret)):
                let source = origin.map { "\($0)" } ?? "default"
                text += "\(lead)- \(YAMLText.value(value, isSecret: isSecret))  # \(source)\n"
            case (.index, .branch):
                content.render(into: &text, indentation: indentation + "  ", first: lead + "- ")
            }
            lead = indentation
        }
    }
}

/// Values as YAML that reads back as the same text.
enum YAMLText {
    static let mask = "\"\(hidden)\""

    static func value(_ value: EffectiveConfiguration.Value, isSecret: Bool) -> String {
        switch value {
        case _ where isSecret: mask
        case .scalar(let text): scalar(withoutPassword(text))
        case .list(let texts): "[" + texts.map { scalar(withoutPassword($0)) }.joined(separator: ", ") + "]"
        }
    }

    static func scalar(_ text: String) -> String {
        let isBare =
            text.first.map { $0.isLetter || $0.isNumber || $0 == "/" || $0 == "." } == true
            && text.unicodeScalars.allSatisfy { Self.isPlain($0) } && !text.hasSuffix(":")
            && !["null", "Null", "NULL"].contains(text)
        return isBare ? text : quoted(text)
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
            || "/._-:@+*".unicodeScalars.contains(scalar)
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where isHidden(scalar): result += escape(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Control characters and line ends of every kind, which YAML does not take as they are, and what turns the direction
    /// of text, which a reader would not see.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let (mark, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x1_0000 ? ("u", 4) : ("U", 8)
        let digits = String(scalar.value, radix: 16)
        return "\\" + mark + String(repeating: "0", count: width - digits.count) + digits
    }

    /// `postgres://shop:secret@db/orders?sslpassword=secret` without the secrets.
    ///
    /// By bytes, as others read it: a mark that combines with an `@` would hide it.
    static func withoutPassword(_ text: String) -> String {
        guard let scheme = text.utf8.firstRange(of: "://".utf8) else { return text }
        let rest = withoutUsersPassword(text.utf8[scheme.upperBound...])
        let parts = rest.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        let parameters = parts.dropFirst().flatMap {
            $0.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        }
        let shown = parameters.map { parameter in
            let name = String(Substring(parameter.prefix { $0 != UInt8(ascii: "=") }))
            let isSecret = name.lowercased().contains("password") || ConfigurationPath.isSecret(name: name)
            return isSecret && name.utf8.count < parameter.count ? "\(name)=\(hidden)" : String(Substring(parameter))
        }
        let query = parts.count > 1 ? "?" + shown.joined(separator: "&") : ""
        return String(Substring(text.utf8[..<scheme.upperBound])) + String(Substring(parts[0])) + query
    }

    private static let hidden = "********"

    private static func withoutUsersPassword(_ rest: Substring.UTF8View) -> String {
        let authority = rest.prefix { !"/?#".utf8.contains($0) }
        // A password that should have been encoded may reach beyond.
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) ?? rest.lastIndex(of: UInt8(ascii: "@")),
            let colon = rest[..<at].firstIndex(of: UInt8(ascii: ":"))
        else { return String(Substring(rest)) }
        return String(Substring(rest[...colon])) + hidden + String(Substring(rest[at...]))
    }
}
