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
    /// Whether it passes a body on in pieces, and so may take any time.
    var isStream = false
    /// The answer's body, once the caller has got it as a stream.
    private(set) var answer: BodyStream?
    /// Whether the body may come as a stream.
    private var mayStream = false
    /// Whether curl waits until the caller has taken what came.
    private(set) var isReceivingPaused = false
    /// Whether curl waits until the caller has more to send.
    private(set) var isSendingPaused = false
    /// Bytes of the request's stream that curl had no room for.
    private var unsent = Data()
    /// Told when a stream may go on, and when the answer's head is there of which the body may come in pieces.
    var owner: Multi?
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
        if let stream = request.stream, stream.hasBegun { stream.cancel() }
        var result = result
        if let answer {
            switch result {
            case .success(var response):
                answer.finish()
                response.stream = answer
                result = .success(response)
            case .failure(let error): answer.fail(error)
            }
        }
        continuation?.resume(returning: result)
        continuation = nil
    }

    /// From here on the body that comes belongs to the stream.
    func beginAnswer() -> BodyStream {
        let stream = BodyStream(length: announcedLength)
        stream.offer(body)
        body = Data()
        answer = stream
        return stream
    }

    /// Whether the caller has got what it waits for.
    var isHandedOver: Bool { continuation == nil }

    /// Gives the caller the answer, while the transfer goes on.
    func resume(with response: Response) {
        waitTimer?.cancel()
        (isStream, hasAnswerBegun) = (true, true)
        continuation?.resume(returning: .success(response))
        continuation = nil
    }

    func unpause(at time: Duration) {
        (isReceivingPaused, isSendingPaused, lastProgress) = (false, false, time)
    }

    func fail(_ code: TransportError.Code, _ message: String) {
        finish(.failure(TransportError(code, message)))
    }

    // MARK: What curl asks for and tells

    /// Whether the request may be written to the connection, which has that port on this side. Whatever can be read from one
    /// that was used before, its end, a farewell or more of an earlier answer, says that the other side takes no further
    /// request on it, or that its next answer would be taken for another one's.
    func mayUseConnection(localPort: Int32) -> Bool {
        guard connectionWasUsed else {
            owner?.noteConnection(localPort: localPort)
            return true
        }
        guard !needsNewConnection, let socket = owner?.socket(localPort: localPort) else { return true }
        var byte: UInt8 = 0
        let count = recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        isStale = count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        return !isStale
    }

    /// How long the other side may still be silent; `nil` if the request does not bound it.
    var patience: Duration? {
        guard isStream else { return hasAnswerBegun ? request.idleTimeout : request.firstByteTimeout }
        // Then the caller is who makes it wait.
        if isReceivingPaused || isSendingPaused { return nil }
        return hasAnswerBegun
            ? request.idleTimeout ?? OutboundRequest.streamIdleTime : request.firstByteTimeout ?? request.timeout
    }

    /// Whether somebody must look if it makes progress.
    var isWatched: Bool { isStream || request.firstByteTimeout != nil || request.idleTimeout != nil }

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
            let lengths = headers.count("Content-Length")
            isAmbiguous = lengths > 1 || lengths == 1 && headers["Transfer-Encoding"] != nil
            mayStream = !isAmbiguous && considerStreaming()
            // Beyond the limit of streams it would hold the place of an ordinary request until its time is over.
            guard mayStream || !isEventStream else { return tooLarge() }
            return !isAmbiguous
        } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
            headers.add(String(text[..<colon]), Self.trimmed(text[text.utf8.index(after: colon)...]))
        }
        return true
    }

    /// Tells curl if it has been rid of bytes of an answer.
    enum Reception {
        case taken
        /// They come again later.
        case paused
        case refused
    }

    func receivedBody(_ bytes: UnsafeRawBufferPointer) -> Reception {
        noteProgress()
        // curl may call often before the caller can get what has come.
        if mayStream, answer == nil, body.count >= BodyStream.capacity { _ = beginAnswer() }
        if let answer {
            guard !answer.isOver else { return .refused }
            guard answer.hasRoom else {
                isReceivingPaused = true
                answer.whenWritable { [owner, ticket] in owner?.goOnSoon(ticket) }
                return .paused
            }
            answer.offer(Data(bytes))
            return .taken
        }
        guard body.count + bytes.count <= maximumBody else {
            isTooLarge = true
            return .refused
        }
        body.append(contentsOf: bytes)
        return .taken
    }

    func copyBody(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        if let stream = request.stream { return copy(stream, to: buffer) }
        let count = min(buffer.count, request.body.count - sent)
        let start = request.body.startIndex + sent
        buffer.copyBytes(from: request.body[start..<start + count])
        sent += count
        return count
    }

    private func copy(_ stream: BodyStream, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        if unsent.isEmpty {
            switch stream.take() {
            case .bytes(let bytes): unsent = bytes
            case .ended: return 0
            case .failed: return Int(CURL_READFUNC_ABORT)
            case .empty:
                isSendingPaused = true
                stream.whenReadable { [owner, ticket] in owner?.goOnSoon(ticket) }
                return Int(CURL_READFUNC_PAUSE)
            }
        }
        if progressTimer != nil { lastProgress = uptime() }
        let count = min(buffer.count, unsent.count)
        unsent.copyBytes(to: buffer, count: count)
        unsent = count == unsent.count ? Data() : unsent.dropFirst(count)
        return count
    }

    /// Whether the body may be sent again from `offset`: curl asks when a reused connection turned out to be dead after
    /// it had sent something on it. The other side may have acted on that.
    func rewind(to offset: Int) -> Bool {
        guard request.stream == nil, request.method.isIdempotent, (0...request.body.count).contains(offset) else {
            return false
        }
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

    /// Zero until a connection stands and the request is about to be written to it.
    var mayHaveBeenSent: Bool {
        var microseconds: curl_off_t = 0
        curl_get_large(handle, CURLINFO_PRETRANSFER_TIME_T, &microseconds)
        return microseconds > 0
    }
}
