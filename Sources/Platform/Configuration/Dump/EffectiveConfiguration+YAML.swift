extension EffectiveConfiguration.Content {
    /// `first` is what stands before the first line, such as the dash of a list's item.
    func render(into text: inout String, indentation: String, first: String? = nil) {
        guard case .branch(let children) = self else { return }
        var lead = first ?? indentation
        for (component, content) in children {
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
            case _ where scalar.value < 0x20:
                result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// `postgres://shop:secret@db/orders?sslpassword=secret` without the secrets.
    static func withoutPassword(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let rest = text[scheme.upperBound...]
        let parts = withoutUsersPassword(rest).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let parameters = parts.dropFirst().flatMap { $0.split(separator: "&", omittingEmptySubsequences: false) }
        let shown = parameters.map { parameter in
            let name = parameter.prefix { $0 != "=" }
            let isSecret = name.lowercased().contains("password") || ConfigurationPath.isSecret(name: name)
            return isSecret && name != parameter ? "\(name)=\(hidden)" : "\(parameter)"
        }
        return text[..<scheme.upperBound] + parts[0] + (parts.count > 1 ? "?" + shown.joined(separator: "&") : "")
    }

    private static let hidden = "********"

    private static func withoutUsersPassword(_ rest: Substring) -> String {
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // A password that should have been encoded may reach beyond.
        guard let at = authority.lastIndex(of: "@") ?? rest.lastIndex(of: "@"),
            let colon = rest[..<at].firstIndex(of: ":")
        else { return String(rest) }
        return rest[...colon] + hidden + rest[at...]
    }
}
