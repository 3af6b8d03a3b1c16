import CCurl
import HTTP

extension Transfer {
    /// What curl's result means to the caller.
    func outcome(_ code: CURLcode) -> Result<Response, TransportError> {
        guard code == CURLE_OK else { return .failure(error(code)) }
        var status = 0
        curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return .success(Response(status: status, headers: headers, body: body))
    }

    private func error(_ code: CURLcode) -> TransportError {
        let words = "\(request.method) \(request.url): \(String(cString: curl_easy_strerror(code)))"
        if isTooLarge { return TransportError(.tooLarge, "\(words): the answer is larger than this client takes") }
        return switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: TransportError(.malformed, words)
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_SSL_CONNECT_ERROR,
            CURLE_PEER_FAILED_VERIFICATION:
            TransportError(.unreachable, words)
        case CURLE_OPERATION_TIMEDOUT:
            TransportError(mayHaveBeenSent ? .timedOut : .unreachable, words)
        default:
            // Broken connections, and whatever else there is: unless nothing was sent, the other side may have acted.
            TransportError(mayHaveBeenSent ? .interrupted : .unreachable, words)
        }
    }

    /// Zero until a connection stands and the request is about to be written to it.
    private var mayHaveBeenSent: Bool {
        var microseconds: curl_off_t = 0
        curl_get_large(handle, CURLINFO_PRETRANSFER_TIME_T, &microseconds)
        return microseconds > 0
    }
}
