/// Where mails are handed over, and how.
public struct SMTPServer: Sendable {
    /// `smtp://host:port`, or `smtps://` for TLS from the first byte.
    public var url: String
    public var user: String?
    public var password: String?
    /// Refuse to send where the server does not offer STARTTLS.
    public var requiresTLS: Bool
    /// PEM file of the authorities whose certificates are trusted; the system's where there is none.
    public var authorities: String?
    /// For one mail, connecting included.
    public var timeout: Duration
    /// How many mails may be under way at once.
    public var connections: Int

    public init(
        url: String, user: String? = nil, password: String? = nil, requiresTLS: Bool = false,
        authorities: String? = nil, timeout: Duration = .seconds(20), connections: Int = 4
    ) {
        precondition(connections >= 1)
        self.url = url
        self.user = user
        self.password = password
        self.requiresTLS = requiresTLS
        self.authorities = authorities
        self.timeout = timeout
        self.connections = connections
    }
}
