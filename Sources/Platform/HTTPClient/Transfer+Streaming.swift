import CCurl
import HTTP
import Kernel

extension Transfer {
    /// Tells the owner of an answer whose body is long, or who knows how long: the caller may get it in pieces. One that has
    /// come whole by the time the owner looks is passed on whole.
    func considerStreaming() -> Bool {
        guard let threshold = request.streamsAbove, request.method != .head, let owner else { return false }
        var status = 0
        guard curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK, status >= 200 else { return false }
        if let length = announcedLength, length <= threshold { return false }
        return owner.mayStream(self)
    }

    /// Whether the answer is one that has no end, and that the caller would take in pieces.
    var isEventStream: Bool {
        guard request.streamsAbove != nil, request.method != .head else { return false }
        return headers["Content-Type"]?.lowercased().hasPrefix("text/event-stream") == true
    }

    /// The length of the answer's body as its head says it.
    var announcedLength: Int? {
        headers["Content-Length"].flatMap { Int($0) }
    }

    /// Gives the caller the answer's head and what has come of its body; the rest follows in pieces.
    func handOver(at time: Duration) {
        var response = Response(status: 0, headers: headers)
        curl_get_long(handle, CURLINFO_RESPONSE_CODE, &response.status)
        // The time for a whole exchange is over: the pieces have theirs.
        curl_set_long(handle, CURLOPT_TIMEOUT_MS, 0)
        let stream = answer ?? beginAnswer()
        response.stream = stream
        lastProgress = time
        stream.whenOver { [owner, ticket] result in
            if case .completed = result { return }
            owner?.abandonSoon(ticket)
        }
        resume(with: response)
    }

    /// Lets curl ask again for what it was told to wait with.
    func goOn(at time: Duration) {
        guard let handle, isReceivingPaused || isSendingPaused else { return }
        unpause(at: time)
        curl_easy_pause(handle, CURLPAUSE_CONT)
    }
}
