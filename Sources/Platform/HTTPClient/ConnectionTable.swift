import CCurl
import Glibc

/// The sockets of curl's connections by their ports on this side. curl does not say which socket an idle connection has
/// before a request is written to it.
struct ConnectionTable {
    /// Sockets of connections that have not come about yet.
    private var opened: Set<Int32> = []
    private var sockets: [Int32: Int32] = [:]
    private var ports: [Int32: Int32] = [:]

    mutating func opened(_ socket: Int32) { opened.insert(socket) }

    /// A connection stands, which has that port.
    mutating func connected(port: Int32) {
        // Several may be tried at once, of which the first one wins; the others are closed.
        guard port != 0, let socket = opened.first(where: { Self.port(of: $0) == port }) else { return }
        opened.remove(socket)
        sockets[port] = socket
        ports[socket] = port
    }

    mutating func closed(_ socket: Int32) {
        opened.remove(socket)
        if let port = ports.removeValue(forKey: socket) { sockets[port] = nil }
    }

    func socket(port: Int32) -> Int32? { sockets[port] }

    private static func port(of socket: Int32) -> Int32 {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                guard getsockname(socket, name, &size) == 0 else { return 0 }
                switch Int32(name.pointee.sa_family) {
                case AF_INET:
                    return name.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                        Int32(UInt16(bigEndian: $0.pointee.sin_port))
                    }
                case AF_INET6:
                    return name.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                        Int32(UInt16(bigEndian: $0.pointee.sin6_port))
                    }
                default: return 0
                }
            }
        }
    }
}

extension Multi {
    /// Lets the table follow the sockets that a handle's transfer opens. Their connections outlive the transfer.
    func watchConnections(of handle: UnsafeMutableRawPointer) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        curl_set_pointer(handle, CURLOPT_SOCKOPTDATA, me)
        curl_set_sockopt_function(handle) { context, socket, _ in
            multi(context).connections.opened(socket)
            return CURL_SOCKOPT_OK
        }
        curl_set_pointer(handle, CURLOPT_CLOSESOCKETDATA, me)
        curl_set_closesocket_function(handle) { context, socket in
            multi(context).connections.closed(socket)
            return Glibc.close(socket)
        }
    }

    func noteConnection(localPort: Int32) { connections.connected(port: localPort) }
    func socket(localPort: Int32) -> Int32? { connections.socket(port: localPort) }
}

private func multi(_ context: UnsafeMutableRawPointer?) -> Multi {
    Unmanaged<Multi>.fromOpaque(context!).takeUnretainedValue()
}
