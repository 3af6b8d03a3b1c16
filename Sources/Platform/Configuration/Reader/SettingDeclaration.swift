/// A setting as the code that reads it declares it: one row of the reference of all settings.
public struct SettingDeclaration: Sendable, Hashable {
    /// The path from the root; `[]` stands for the index of a list's item.
    public let key: String
    /// The kind of value and its range, for example `whole number from 1 to 65535`.
    public let type: String
    /// The unit of a number; `nil` if the value has none or names it itself, as a duration does.
    public let unit: String?
    /// The value that holds if none is given; `nil` if there is none.
    public let defaultText: String?
    public let isRequired: Bool
    /// The environment variable that overrides it; `nil` if none can.
    public let variable: String?
    /// Whether the value is masked wherever settings are shown.
    public let isSecret: Bool
    /// One or two sentences on what the setting does.
    public let help: String
}

/// The description of a setting, given where the setting is read.
public struct SettingHelp: Sendable, ExpressibleByStringInterpolation {
    let text: String
    let unit: String?
    let defaultText: String?

    /// `default` describes a default that depends on the machine or on other settings.
    public init(_ text: String, unit: String? = nil, default defaultText: String? = nil) {
        self.text = text
        self.unit = unit
        self.defaultText = defaultText
    }

    public init(stringLiteral value: String) { self.init(value) }

    public static let none = SettingHelp("")
}

extension Configuration {
    /// Notes that `key` is read, for the reference of all settings. The first declaration of a key counts. Without
    /// `mayBeSecret` its value is shown, however the key is named.
    func declare(
        _ path: ConfigurationPath, type: String, default fallback: String?, isRequired: Bool = false,
        hasVariable: Bool = true, mayBeSecret: Bool = true, help: SettingHelp
    ) {
        reader.declare(
            SettingDeclaration(
                key: path.anyIndex, type: type, unit: help.unit, defaultText: help.defaultText ?? fallback,
                isRequired: isRequired && help.defaultText == nil,
                variable: hasVariable ? path.environmentName(prefix: reader.source.environmentPrefix) : nil,
                isSecret: mayBeSecret && path.isSecret, help: help.text))
    }
}

extension ConfigurationPath {
    /// The path with `[]` in place of every index.
    var anyIndex: String {
        components.reduce(into: "") { text, component in
            switch component {
            case .key(let key): text += text.isEmpty ? key : ".\(key)"
            case .index: text += "[]"
            }
        }
    }
}
