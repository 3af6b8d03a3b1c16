import Foundation
import Synchronization

/// Ports that nobody listens on now. Below the range from which the system takes the ports of outgoing connections, so
/// that none of them is taken between the look and the listening; each is given out once.
enum FreePorts {
    private static let next = Mutex(Int.random(in: 10_000..<30_000))

    static func find(_ count: Int) throws -> [Int] {
        var found: [Int] = []
        for _ in 0..<20_000 where found.count < count {
            let port = next.withLock { next in
                next = next >= 32_000 ? 10_000 : next + 1
                return next
            }
            if isFree(port) { found.append(port) }
        }
        guard found.count == count else { throw Unexpected("no free ports") }
        return found
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
