import CCurl
import FoundationEssentials
import Glibc
import HTTP
import Kernel

/// One request under way, and the answer as far as it has come.
final class Transfer: @unchecked Sendable {  // handed over to the loop when it is made; used there only
    let request: OutboundRequest
    let ticket: Ticket
    private var continuation: CheckedContinuation<Result<Response, TransportError>, Never>?

    /// When it must be done, in the loop's uptime.
    var deadline: Duration = .zero
    var waitTimer: ScheduledAction?
    /// Looks whether the answer makes progress, where the request bounds that.
    var progressTimer: ScheduledAction?
    /// When the exchange began, then when the latest part of the answer came, in the loop's uptime.
    var lastProgress: Duration = .zero
    private(set) var hasAnswerBegun = false
    var uptime: () -> Duration = { .zero }
    var handle: UnsafeMutableRawPointer?
    var headerList: UnsafeMutablePointer<curl_slist>?

    private(set) var headers = Headers()
    private(set) var body = Data()
    private var headerBytes = 0
    private var sent = 0
    var maximumBody = 0
    var maximumHeader = 0
    private(set) var isTooLarge = false
    /// The answer says in two ways how long it is.
    private(set) var isAmbiguous = false
    /// Whether the connection that curl chose had been closed by the other side while it was idle: nothing was sent on
    /// it.
    private(set) var isStale = false
    /// Whether a connection of its own is made.
    var needsNewConnection = false
    /// curl takes an answer that ends within its header for a whole one.
    private(set) var isHeaderComplete = false

    init(
        request: OutboundRequest, ticket: Ticket,
        continuation: CheckedContinuation<Result<Response, TransportError>, Never>
    ) {
        self.request = request
        self.ticket = ticket
        self.continuation = continuation
    }

    func finish(_ result: Result<Response, TransportError>) {
        waitTimer?.cancel()
        progressTimer?.cancel()
        continuation?.resume(returning: result)
        continuation = nil
    }

    func fail(_ code: TransportError.Code, _ message: String) {
        finish(.failure(TransportError(code, message)))
    }

    // MARK: What curl asks for and tells

    /// Whether the request may be written to the connection. Whatever can be read from one that was used before, its
    /// end or a farewell, says that the other side takes no further request on it.
    func mayUseConnection() -> Bool {
        guard !needsNewConnection, connectionWasUsed, let socket = activeSocket else { return true }
        var byte: UInt8 = 0
        let count = recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        isStale = count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        return !isStale
    }

    /// How long the other side may still be silent; `nil` if the request does not bound it.
    var patience: Duration? { hasAnswerBegun ? request.idleTimeout : request.firstByteTimeout }

    private func noteProgress() {
        guard progressTimer != nil else { return }
        hasAnswerBegun = true
        lastProgress = uptime()
    }

    func receivedHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        noteProgress()
        headerBytes += line.count
        guard headerBytes <= maximumHeader else { return tooLarge() }
        var text = Substring(String(decoding: line, as: UTF8.self))
        while text.last?.isNewline == true { text.removeLast() }
        if text.hasPrefix("HTTP/") {
            // Each message has a status line: what was collected before it belonged to a 1xx.
            headers = Headers()
            isHeaderComplete = false
        } else if text.isEmpty {
            isHeaderComplete = true
            // Another reader of the same answer could take it to end elsewhere (RFC 9112 §6.3).
            let lengths = headers.all("Content-Length").count
            isAmbiguous = lengths > 1 || lengths == 1 && headers["Transfer-Encoding"] != nil
            return !isAmbiguous
        } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
            headers.add(String(text[..<colon]), Self.trimmed(text[text.utf8.index(after: colon)...]))
        }
        return true
    }

    func receivedBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        noteProgress()
        guard body.count + bytes.count <= maximumBody else { return tooLarge() }
        body.append(contentsOf: bytes)
        return true
    }

    func copyBody(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, request.body.count - sent)
        let start = request.body.startIndex + sent
        buffer.copyBytes(from: request.body[start..<start + count])
        sent += count
        return count
    }

    /// Whether the body may be sent again from `offset`: curl asks when a reused connection turned out to be dead after
    /// it had sent something on it. The other side may have acted on that.
    func rewind(to offset: Int) -> Bool {
        guard request.method.isIdempotent, (0...request.body.count).contains(offset) else { return false }
        sent = offset
        return true
    }

    private func tooLarge() -> Bool {
        isTooLarge = true
        return false
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.utf8.first, first == 0x20 || first == 0x09 { text.removeFirst() }
        while let last = text.utf8.last, last == 0x20 || last == 0x09 { text.removeLast() }
        return String(text)
    }
}

extension HTTPMethod {
    /// RFC 9110 §9.2.2.
    var isIdempotent: Bool { [.get, .head, .put, .delete, .options].contains(self) }
}

extension Transfer {
    /// Translates curl's result for the caller.
    func outcome(_ code: CURLcode) -> Result<Response, TransportError> {
        guard code == CURLE_OK else { return .failure(error(code)) }
        guard isHeaderComplete else {
            return .failure(TransportError(.interrupted, "\(request.method) \(request.url): the answer breaks off"))
        }
        var status = 0
        curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return .success(Response(status: status, headers: headers, body: body))
    }

    private func error(_ code: CURLcode) -> TransportError {
        let words = "\(request.method) \(request.url): \(String(cString: curl_easy_strerror(code)))"
        if isTooLarge { return TransportError(.tooLarge, "\(words): the answer is larger than this client takes") }
        if isAmbiguous {
            return TransportError(.interrupted, "\(words): the answer says in two ways how long it is")
        }
        // Only what failed before anything was written is known to have had no effect.
        guard !mayHaveBeenSent else {
            return TransportError(code == CURLE_OPERATION_TIMEDOUT ? .timedOut : .interrupted, words)
        }
        let isMalformed = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL
        return TransportError(isMalformed ? .malformed : .unreachable, words)
    }

    /// Whether curl has taken a connection of an earlier request.
    var connectionWasUsed: Bool {
        var made = 0
        return curl_get_long(handle, CURLINFO_NUM_CONNECTS, &made) == CURLE_OK && made == 0
    }

    var activeSocket: Int32? {
        var socket: curl_socket_t = -1
        return curl_get_socket(handle, &socket) == CURLE_OK && socket >= 0 ? socket : nil
    }

    /// Zero until a connection stands and the request is about to be written to it.
    var mayHaveBeenSent: Bool {
        var microseconds: curl_off_t = 0
        curl_get_large(handle, CURLINFO_PRETRANSFER_TIME_T, &microseconds)
        return microseconds > 0
    }
}
