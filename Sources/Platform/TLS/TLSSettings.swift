/// The oldest version of TLS that a server speaks. Versions before 1.2 are forbidden (RFC 8996).
public enum TLSVersion: String, Sendable, Hashable, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"
}

/// The identity of a server: a certificate with its chain, the key that belongs to it, and the versions it speaks.
public struct TLSSettings: Sendable, Hashable {
    /// A file in PEM: the server's certificate first, then those that lead to its authority.
    public let certificate: String
    /// A file in PEM that only this user may read.
    public let key: String
    public let minimum: TLSVersion

    public init(certificate: String, key: String, minimum: TLSVersion = .tls12) {
        self.certificate = certificate
        self.key = key
        self.minimum = minimum
    }
}
