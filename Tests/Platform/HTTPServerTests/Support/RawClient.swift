import Glibc
import Runtime

/// A client that sends what it is told, byte for byte. Its reads give up after ten seconds; they block, so they have a
/// thread of their own.
final class RawClient: @unchecked Sendable {  // what changes is used on the reader's thread only
    let descriptor: Int32
    private let reader = ThreadWorker(name: "raw client")
    private var buffer: [UInt8] = []
    private var hasEnded = false

    init(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(result == 0, "cannot connect: \(String(cString: strerror(errno)))")
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    struct Answer {
        let head: String
        let body: String
        var status: Int { Int(head.split(separator: " ")[1]) ?? 0 }

        func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let pair = line.split(separator: ":", maxSplits: 1)
                if pair[0].lowercased() == name.lowercased() { return pair[1].drop { $0 == " " }.description }
            }
            return nil
        }
    }

    /// `false` when the other side has closed.
    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// The next message; `nil` when the connection ends or stays silent before it is whole.
    func readAnswer(hasBody: Bool = true) async -> Answer? {
        await onReader { [self] in
            while true {
                if let answer = takeAnswer(hasBody: hasBody) { return answer }
                guard fill() else { return nil }
            }
        }
    }

    /// Whether the other side closes.
    func seesEnd() async -> Bool {
        await onReader { [self] in
            while fill() {}
            return hasEnded
        }
    }

    /// Everything up to the end of the connection.
    func readToEnd() async -> [UInt8] {
        await onReader { [self] in
            while fill() {}
            return buffer
        }
    }

    /// Whether the connection was reset, not ended.
    var isReset: Bool {
        var poll = pollfd(fd: descriptor, events: 0, revents: 0)
        return Glibc.poll(&poll, 1, 0) == 1 && Int32(poll.revents) & (POLLERR | POLLHUP) != 0
    }

    /// Says that nothing more will be sent.
    func endWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    private func onReader<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            reader.submit { continuation.resume(returning: body()) }
        }
    }

    /// Resets the connection instead of ending it.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func fill() -> Bool {
        var part = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &part, part.count, 0)
        hasEnded = count == 0 || (count < 0 && errno == ECONNRESET)
        guard count > 0 else { return false }
        buffer += part.prefix(count)
        return true
    }

    private func takeAnswer(hasBody: Bool) -> Answer? {
        let end = Array("\r\n\r\n".utf8)
        guard let start = buffer.indices.first(where: { buffer[$0...].starts(with: end) }) else { return nil }
        let head = String(decoding: buffer[..<start], as: UTF8.self)
        let length = Answer(head: head, body: "").header("Content-Length").flatMap { Int($0) } ?? 0
        let total = start + 4 + (hasBody ? length : 0)
        guard buffer.count >= total else { return nil }
        let body = String(decoding: buffer[(start + 4)..<total], as: UTF8.self)
        buffer.removeFirst(total)
        return Answer(head: head, body: body)
    }
}
