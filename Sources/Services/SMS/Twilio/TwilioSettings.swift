import Configuration

/// What the configuration says about Twilio.
struct TwilioSettings: Sendable {
    let baseURL: String
    let accountSid: String
    let authToken: String
    /// The number, in E.164, or the sender's name that messages come from.
    let from: String
    let timeout: Duration

    /// Of the `twilio` section: `baseURL`, `accountSid`, `authToken`, `from`, `timeout`.
    init(from section: Configuration) {
        baseURL = section.url("baseURL", default: "https://api.twilio.com")
        accountSid = section.string("accountSid")
        authToken = section.string("authToken")
        from = section.string("from")
        timeout = section.duration("timeout", default: .seconds(10))
    }
}

extension Configuration {
    /// Of HTTP, without a slash at its end.
    func url(_ key: String, default fallback: String? = nil) -> String {
        var url = string(key, default: fallback)
        if !url.isEmpty, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
            report(key, "must begin with http:// or https://")
        }
        while url.last == "/" { url.removeLast() }
        return url
    }
}
