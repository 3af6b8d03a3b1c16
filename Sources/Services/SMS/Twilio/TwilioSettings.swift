import Configuration

/// The settings of Twilio.
struct TwilioSettings: Sendable {
    let baseURL: String
    let accountSid: String
    let authToken: String
    /// The number, in E.164, or the sender's name that messages come from.
    let from: String
    let timeout: Duration

    /// Reads the section `twilio`: `baseURL`, `accountSid`, `authToken`, `from`, `timeout`.
    init(from section: Configuration) {
        baseURL = section.url(
            "baseURL", default: "https://api.twilio.com", help: "The address of the interface of Twilio.")
        accountSid = section.string("accountSid", help: "The identifier of the account at Twilio.")
        authToken = section.string("authToken", help: "The token that authenticates the account.")
        from = section.string("from", help: "The number, in E.164, or the sender name that messages come from.")
        timeout = section.duration("timeout", default: .seconds(10), help: "The timeout of one request to Twilio.")
    }
}

extension Configuration {
    /// Reads an HTTP URL; a slash at its end is removed.
    func url(_ key: String, default fallback: String? = nil, help: SettingHelp) -> String {
        var url = string(key, default: fallback, help: help)
        if !url.isEmpty, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
            report(key, "must begin with http:// or https://")
        }
        while url.last == "/" { url.removeLast() }
        return url
    }
}
