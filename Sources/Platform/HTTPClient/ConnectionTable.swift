import CCurl
import Glibc

/// The sockets of curl's connections by their ports on both sides. curl does not say which socket an idle connection has
/// before a request is written to it.
struct ConnectionTable {
    /// The ports of a connection. Two servers with one port may share it now and then; then the later connection counts.
    struct Ports: Hashable {
        let local: Int32
        let remote: Int32
    }
    /// Sockets of connections that have not come about yet.
    private var opened: Set<Int32> = []
    private var sockets: [Ports: Int32] = [:]
    private var ports: [Int32: Ports] = [:]

    mutating func opened(_ socket: Int32) { opened.insert(socket) }

    /// A connection stands, which has those ports.
    mutating func connected(_ connection: Ports) {
        // Several may be tried at once, of which the first one wins; the others are closed.
        guard connection.local != 0, let socket = opened.first(where: { Self.port(of: $0) == connection.local })
        else { return }
        opened.remove(socket)
        sockets[connection] = socket
        ports[socket] = connection
    }

    mutating func closed(_ socket: Int32) {
        opened.remove(socket)
        if let connection = ports.removeValue(forKey: socket), sockets[connection] == socket {
            sockets[connection] = nil
        }
    }

    func socket(of connection: Ports) -> Int32? { sockets[connection] }

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
}

private func multi(_ context: UnsafeMutableRawPointer?) -> Multi {
    Unmanaged<Multi>.fromOpaque(context!).takeUnretainedValue()
}
