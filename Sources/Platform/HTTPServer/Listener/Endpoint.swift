/// Where a server listens.
public enum Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// An IPv4 or IPv6 address in numbers; port 0 lets the system choose one.
    case tcp(address: String, port: Int)
    /// A socket in the file system, for this user only.
    case unix(String)

    public var description: String {
        switch self {
        case .tcp(let address, let port): address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
