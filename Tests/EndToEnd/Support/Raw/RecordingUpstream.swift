import Foundation
import Glibc
import Synchronization

/// A server that answers every request with 200 and keeps what it was sent, byte for byte.
final class RecordingUpstream: Sendable {
    let port: Int
    private let listener: Int32
    private let heads = Mutex<[String]>([])

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isListening else { throw Unexpected("the upstream cannot listen") }
        port = Int(UInt16(bigEndian: address.sin_port))
        listener = descriptor
        Thread.detachNewThread { [self] in
            while true {
                let socket = accept(descriptor, nil, nil)
                guard socket >= 0 else { return }
                Thread.detachNewThread { Self.serve(socket) { head in self.heads.withLock { $0.append(head) } } }
            }
        }
    }

    /// Ends its threads, which keep it alive until then.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// What came since this was last asked: request lines with their fields, and bodies.
    func take() -> [String] {
        heads.withLock { heads in
            defer { heads = [] }
            return heads
        }
    }

    private static func serve(_ socket: Int32, _ record: (String) -> Void) {
        defer { close(socket) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let length =
                    text[..<end.lowerBound].lowercased().split(separator: "\r\n")
                    .first { $0.hasPrefix("content-length:") }.flatMap { Int($0.dropFirst(15).drop { $0 == " " }) } ?? 0
                let total = text[..<end.upperBound].utf8.count + length
                if bytes.count >= total {
                    record(String(decoding: bytes[..<total], as: UTF8.self))
                    bytes.removeFirst(total)
                    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (text.hasPrefix("HEAD ") ? "" : "ok")
                    guard send(socket, answer, answer.utf8.count, Int32(MSG_NOSIGNAL)) > 0 else { return }
                    continue
                }
            }
            let count = recv(socket, &part, part.count, 0)
            guard count > 0 else { return }
            bytes += part[..<count]
        }
    }
}
