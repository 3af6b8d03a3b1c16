import Glibc

/// One connection that is kept alive and sends what it is told, byte for byte. It blocks, so it belongs on a thread of its
/// own (`onThreads`).
final class RawConnection {
    private static let timeoutSeconds = 40
    private let port: Int
    private var descriptor: Int32 = -1
    private var buffer: [UInt8] = []
    private var part = [UInt8](repeating: 0, count: 16_384)

    init(port: Int) { self.port = port }

    deinit { disconnect() }

    /// Sends a request and waits for the whole answer; connects anew where the other side has closed, and then sends it
    /// again if it `mayRepeat`.
    func exchange(_ request: [UInt8], mayRepeat: Bool = true) throws -> RawAnswer {
        let isFresh = descriptor < 0
        if isFresh { try connect() }
        do {
            return try attempt(request)
        } catch let error as Unexpected {
            disconnect()
            // Between two requests the other side may close (RFC 9112 §9.5): once more on a new connection.
            guard !isFresh, mayRepeat else { throw error }
            try connect()
            return try attempt(request)
        }
    }

    /// Sends bytes and waits for nothing; connects where there is no connection.
    func send(_ bytes: [UInt8]) throws {
        if descriptor < 0 { try connect() }
        try write(bytes)
    }

    private func attempt(_ request: [UInt8]) throws -> RawAnswer {
        try write(request)
        let hasBody = !request.starts(with: "HEAD ".utf8)
        while true {
            if let answer = takeAnswer(hasBody: hasBody) {
                if answer.header("Connection")?.lowercased() == "close" { disconnect() }
                return answer
            }
            let count = recv(descriptor, &part, part.count, 0)
            guard count > 0 else { throw Unexpected("the connection ended before the answer (\(errno))") }
            buffer += part[..<count]
        }
    }

    private func connect() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: Self.timeoutSeconds, tv_usec: 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            disconnect()
            throw Unexpected("cannot connect: \(String(cString: strerror(errno)))")
        }
    }

    private func disconnect() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        buffer = []
    }

    private func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Unexpected("the connection ended while sending") }
            sent += count
        }
    }

    private func takeAnswer(hasBody: Bool) -> RawAnswer? {
        guard let end = endOfHead() else { return nil }
        let head = RawAnswer(head: String(decoding: buffer[..<end], as: UTF8.self), body: [])
        let total = end + 4 + (!hasBody ? 0 : head.header("Content-Length").flatMap { Int($0) } ?? 0)
        guard buffer.count >= total else { return nil }
        let body = Array(buffer[(end + 4)..<total])
        buffer.removeFirst(total)
        return RawAnswer(head: head.head, body: body)
    }

    private func endOfHead() -> Int? {
        guard buffer.count >= 4 else { return nil }
        return (0...(buffer.count - 4)).first { start in
            buffer[start] == 13 && buffer[start + 1] == 10 && buffer[start + 2] == 13 && buffer[start + 3] == 10
        }
    }
}
