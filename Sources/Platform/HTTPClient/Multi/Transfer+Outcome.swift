import CCurl
import HTTP

extension Transfer {
    /// What curl's result means to the caller.
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
