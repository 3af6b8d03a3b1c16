public import Kernel

extension Configuration {
    /// Text. Without a default it is required. It must not be empty, unless the default is: a key that stands there with
    /// nothing behind it is what is left of a value that somebody removed, and not a value.
    public func string(_ key: String, default fallback: String? = nil, help: SettingHelp = .none) -> String {
        read(key, as: .text(mayBeEmpty: fallback?.isEmpty == true), default: fallback, standIn: "", help: help)
    }

    /// Text that is not empty, or nothing at all.
    public func optionalString(_ key: String, help: SettingHelp = .none) -> String? {
        readOptional(key, as: .text(mayBeEmpty: false), help: help)
    }

    /// The path of a file, or nothing at all. It is no secret, even if the file holds one and the key is named like it.
    public func optionalFile(_ key: String, help: SettingHelp = .none) -> String? {
        readOptional(key, as: .file, help: help)
    }

    /// A whole number. Without a default it is required.
    public func int(
        _ key: String, in range: ClosedRange<Int> = .min ... .max, default fallback: Int? = nil,
        help: SettingHelp = .none
    ) -> Int {
        read(key, as: .integer(in: range), default: fallback, standIn: range.lowerBound, help: help)
    }

    public func optionalInt(
        _ key: String, in range: ClosedRange<Int> = .min ... .max, help: SettingHelp = .none
    ) -> Int? {
        readOptional(key, as: .integer(in: range), help: help)
    }

    /// A number, perhaps with a fraction. Without a default it is required.
    public func number(
        _ key: String, in range: ClosedRange<Double>? = nil, default fallback: Double? = nil, help: SettingHelp = .none
    ) -> Double {
        read(key, as: .number(in: range), default: fallback, standIn: range?.lowerBound ?? 0, help: help)
    }

    /// `true` or `false`; `yes`, `no`, `on`, `off` as well. Without a default it is required.
    public func bool(_ key: String, default fallback: Bool? = nil, help: SettingHelp = .none) -> Bool {
        read(key, as: .truth, default: fallback, standIn: false, help: help)
    }

    /// `500ms`, `2s`, `1.5s`, `1m`, `24h`, `7d`; never negative. Without a default it is required.
    public func duration(
        _ key: String, in range: ClosedRange<Duration>? = nil, default fallback: Duration? = nil,
        help: SettingHelp = .none
    ) -> Duration {
        read(key, as: .duration(in: range), default: fallback, standIn: range?.lowerBound ?? .zero, help: help)
    }

    public func optionalDuration(
        _ key: String, in range: ClosedRange<Duration>? = nil, help: SettingHelp = .none
    ) -> Duration? {
        readOptional(key, as: .duration(in: range), help: help)
    }

    /// A currency by its ISO 4217 code.
    public func currency(_ key: String, default fallback: String, help: SettingHelp = .none) -> Currency {
        let code = string(key, default: fallback, help: help)
        if let currency = Currency(code: code) { return currency }
        report(key, "must be an ISO 4217 code, not \"\(code)\"")
        return .southKoreanWon
    }

    /// One of a few words. Without a default it is required.
    public func choice(
        _ key: String, of words: [String], default fallback: String? = nil, help: SettingHelp = .none
    ) -> String {
        read(key, as: .word(of: words), default: fallback, standIn: words.first ?? "", help: help)
    }

    /// One of the cases of an enumeration.
    public func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, default fallback: Choice, help: SettingHelp = .none
    ) -> Choice {
        read(key, as: .oneCase, default: fallback, standIn: fallback, help: help)
    }
}
