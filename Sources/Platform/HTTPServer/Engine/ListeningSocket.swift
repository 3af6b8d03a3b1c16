import CLinux
import Glibc

/// A socket that listens, not yet accepting.
struct ListeningSocket {
    let descriptor: Int32
    /// The real port; 0 for a Unix socket.
    let port: Int

    init(_ endpoint: Endpoint) throws(HTTPServerError) {
        switch endpoint {
        case .tcp(let address, let port): self = try Self.tcp(address, port, endpoint)
        case .unix(let path): self = try Self.unix(path, endpoint)
        }
    }

    private init(descriptor: Int32, port: Int) {
        self.descriptor = descriptor
        self.port = port
    }

    private static func tcp(_ address: String, _ port: Int, _ endpoint: Endpoint) throws(HTTPServerError) -> Self {
        guard let number = UInt16(exactly: port) else { throw invalid(endpoint) }
        var ipv4 = sockaddr_in()
        var ipv6 = sockaddr_in6()
        if inet_pton(AF_INET, address, &ipv4.sin_addr) == 1 {
            ipv4.sin_family = sa_family_t(AF_INET)
            ipv4.sin_port = number.bigEndian
            return try listen(AF_INET, &ipv4, endpoint)
        }
        guard inet_pton(AF_INET6, address, &ipv6.sin6_addr) == 1 else { throw invalid(endpoint) }
        ipv6.sin6_family = sa_family_t(AF_INET6)
        ipv6.sin6_port = number.bigEndian
        return try listen(AF_INET6, &ipv6, endpoint)
    }

    private static func unix(_ path: String, _ endpoint: Endpoint) throws(HTTPServerError) -> Self {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard !path.isEmpty, path.utf8.count < capacity else { throw invalid(endpoint) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        // A socket file outlives its process. One that nobody answers at is left over and in the way.
        if isLeftOver(address) { unlink(path) }
        // Made unreachable for other users before it exists, not after.
        let mask = umask(0o177)
        defer { umask(mask) }
        return try listen(AF_UNIX, &address, endpoint)
    }

    private static func isLeftOver(_ address: sockaddr_un) -> Bool {
        var address = address
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        defer { close(probe) }
        let result = withBytes(of: &address) { connect(probe, $0, $1) }
        return result != 0 && errno == ECONNREFUSED
    }

    private static func listen<Address>(
        _ family: Int32, _ address: inout Address, _ endpoint: Endpoint
    ) throws(HTTPServerError) -> Self {
        // On Linux a socket's flags have the numbers of a file's; Glibc's module does not show SOCK_CLOEXEC everywhere.
        let kind = Int32(SOCK_STREAM.rawValue) | O_CLOEXEC | O_NONBLOCK
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw failure(errno, endpoint) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        if family != AF_UNIX {
            // Connections inherit it. The last, short segment of an answer does not wait until the one before it is
            // acknowledged; what belongs together is sent in one call, or said to have more behind it.
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        guard withBytes(of: &address, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 1024) == 0 else {
            let error = errno
            close(descriptor)
            throw failure(error, endpoint)
        }
        return Self(descriptor: descriptor, port: port(of: descriptor))
    }

    private static func port(of descriptor: Int32) -> Int {
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        // The port lies at the same place in both families.
        let isInternet = [AF_INET, AF_INET6].contains(Int32(address.sin6_family))
        return result == 0 && isInternet ? Int(UInt16(bigEndian: address.sin6_port)) : 0
    }

    /// Whether a connection has come to an address of this machine for itself, by TCP.
    static func isLoopback(_ connection: Int32) -> Bool {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(connection, $0, &size) }
        }
        guard result == 0 else { return false }
        let family = Int32(address.ss_family)
        return withUnsafeBytes(of: address) { bytes in
            switch family {
            // The first byte of 127.0.0.0/8 stands behind family and port.
            case AF_INET: return bytes[4] == 127
            case AF_INET6: return isLoopback(bytes[8..<24])
            default: return false
            }
        }
    }

    /// The other end's address as text, an IPv4 address as such even if the socket is one of IPv6; `nil` for a Unix
    /// socket.
    static func peerAddress(of connection: Int32) -> String? {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(connection, $0, &size) }
        }
        guard result == 0 else { return nil }
        let family = Int32(address.ss_family)
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isText = withUnsafeBytes(of: address) { bytes in
            switch family {
            case AF_INET:
                inet_ntop(AF_INET, bytes.baseAddress! + 4, &text, socklen_t(text.count)) != nil
            case AF_INET6 where bytes[8..<18].allSatisfy({ $0 == 0 }) && bytes[18] == 0xFF && bytes[19] == 0xFF:
                inet_ntop(AF_INET, bytes.baseAddress! + 20, &text, socklen_t(text.count)) != nil
            case AF_INET6:
                inet_ntop(AF_INET6, bytes.baseAddress! + 8, &text, socklen_t(text.count)) != nil
            default: false
            }
        }
        guard isText else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `::1`, and 127.0.0.0/8 as IPv6 sockets have it.
    private static func isLoopback(_ address: Slice<UnsafeRawBufferPointer>) -> Bool {
        let bytes = Array(address)
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1 || isMapped && bytes[12] == 127
    }

    private static func withBytes<Address>(
        of address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
        }
    }

    private static func invalid(_ endpoint: Endpoint) -> HTTPServerError {
        HTTPServerError(code: .invalidAddress, description: "\(endpoint) is no address to listen at")
    }

    private static func failure(_ error: Int32, _ endpoint: Endpoint) -> HTTPServerError {
        let (code, words): (HTTPServerError.Code, String) =
            switch error {
            case EADDRINUSE: (.addressInUse, "is in use by another process")
            case EADDRNOTAVAIL: (.invalidAddress, "is not an address of this machine")
            case EACCES, EPERM: (.notPermitted, "is not permitted to this user")
            default: (.system, String(cString: strerror(error)))
            }
        return HTTPServerError(code: code, description: "Cannot listen at \(endpoint): it \(words)")
    }
}

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
