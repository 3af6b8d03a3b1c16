import FoundationEssentials
import Glibc
import HTTP
import Kernel
import TLS

/// One request and its answer.
final class Exchange: @unchecked Sendable {  // used on the loop's thread only; the handler's task runs there too
    enum State {
        /// The handler has not returned to the connection yet.
        case handling
        /// The handler waits for something.
        case suspended
        /// The connection has the answer, or has gone.
        case ended
    }
    let method: HTTPMethod
    let path: String
    /// In the loop's uptime.
    let began: Duration
    /// Whether the connection is closed after the answer.
    let closes: Bool
    let isVersion10: Bool
    var state = State.handling
    var task: Task<Void, Never>?

    init(_ head: RequestHead, began: Duration) {
        method = head.method
        path = head.path
        closes = head.closes
        isVersion10 = head.isVersion10
        self.began = began
    }
}

/// An answer on its way: its head, and a body too large to be copied behind that.
struct OutgoingMessage {
    private var head: [UInt8]
    private var body: Data
    private var sent = 0
    private static let copiedBody = 16 << 10
    /// Bytes that are encrypted before others have their turn: a fast client takes them as they come.
    private static let encryptedInTurn = 1 << 20

    enum Progress {
        case done, waits, failed
    }

    init(head: [UInt8], body: Data) {
        self.head = head
        self.body = body
        if body.count <= Self.copiedBody {
            body.withUnsafeBytes { self.head.append(contentsOf: $0) }
            self.body = Data()
        }
    }

    /// A chunk (RFC 9112 §7.1); the last one if it is empty.
    init(chunk: Data) {
        var bytes = Array(String(chunk.count, radix: 16).utf8)
        bytes.reserveCapacity(bytes.count + chunk.count + 4)
        bytes += [0x0D, 0x0A]
        chunk.withUnsafeBytes { bytes.append(contentsOf: $0) }
        bytes += [0x0D, 0x0A]
        (head, body) = (bytes, Data())
    }

    /// Encrypts and sends what the socket takes.
    mutating func send(by session: TLSSession) -> Progress {
        let total = head.count + body.count
        let end = min(total, sent + Self.encryptedInTurn)
        while sent < end {
            let offset = sent - head.count
            let result =
                offset < 0
                ? head.withUnsafeBytes { session.write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
                : body.withUnsafeBytes { session.write(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
            switch result {
            case .bytes(let count): sent += count
            case .needsWritable: return .waits
            case .needsReadable, .ended, .failed: return .failed
            }
        }
        return sent < total ? .waits : .done
    }

    /// Sends what the socket takes.
    mutating func send(to socket: Int32) -> Progress {
        let total = head.count + body.count
        while sent < total {
            let count = sendPart(to: socket)
            if count < 0 {
                if errno == EINTR { continue }
                return errno == EAGAIN ? .waits : .failed
            }
            sent += count
        }
        return .done
    }

    private func sendPart(to socket: Int32) -> Int {
        let flags = Int32(MSG_NOSIGNAL)
        let offset = sent - head.count
        if offset >= 0 {
            return body.withUnsafeBytes { Glibc.send(socket, $0.baseAddress! + offset, $0.count - offset, flags) }
        }
        // The body follows in the same segment, if there is one.
        let more = body.isEmpty ? flags : flags | Int32(MSG_MORE)
        return head.withUnsafeBytes { Glibc.send(socket, $0.baseAddress! + sent, $0.count - sent, more) }
    }
}
