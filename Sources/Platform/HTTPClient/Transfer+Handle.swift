import CCurl
import FoundationEssentials
import Glibc
import HTTP
import Kernel

extension Transfer {
    /// Makes a handle do this request. `nil` when it cannot be sent as it is.
    func configure(_ handle: UnsafeMutableRawPointer, options: HTTPClientOptions, timeout: Duration) -> TransportError?
    {
        self.handle = handle
        maximumBody = options.maximumResponse
        maximumHeader = options.maximumResponseHeader
        curl_easy_reset(handle)
        let me = Unmanaged.passUnretained(self).toOpaque()
        curl_set_pointer(handle, CURLOPT_PRIVATE, me)
        curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        // Empty: the environment's proxies are not for calls between services.
        curl_set_text(handle, CURLOPT_PROXY, "")
        curl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        curl_set_long(handle, CURLOPT_PATH_AS_IS, 1)
        curl_set_long(handle, CURLOPT_MAXAGE_CONN, Int(options.maximumIdleTime.seconds.rounded(.up)))
        let milliseconds = Int(max(1, timeout.wholeMilliseconds))
        // How long a client takes to send a body is not the other side's affair; its silence is looked at instead.
        if request.stream == nil { curl_set_long(handle, CURLOPT_TIMEOUT_MS, milliseconds) }
        let connect = Int(max(1, (request.connectTimeout ?? options.connectTimeout).wholeMilliseconds))
        curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, min(connect, milliseconds))
        if let path = options.unixSocket { curl_set_text(handle, CURLOPT_UNIX_SOCKET_PATH, path) }
        guard !request.url.utf8.contains(0), curl_set_text(handle, CURLOPT_URL, request.url) == CURLE_OK else {
            return TransportError(.malformed, "\(request.url) is no URL")
        }
        setCallbacks(handle, me)
        setMethod(handle)
        return setHeaders(handle)
    }

    private func setCallbacks(_ handle: UnsafeMutableRawPointer, _ me: UnsafeMutableRawPointer) {
        curl_set_pointer(handle, CURLOPT_HEADERDATA, me)
        curl_set_transfer_function(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return transfer(context).receivedHeader(line) ? line.count : 0
        }
        curl_set_pointer(handle, CURLOPT_PREREQDATA, me)
        curl_set_prereq_function(handle) { context, _, _, _, localPort in
            transfer(context).mayUseConnection(localPort: localPort) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
        if let owner { owner.watchConnections(of: handle) }
        curl_set_pointer(handle, CURLOPT_WRITEDATA, me)
        curl_set_transfer_function(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return switch transfer(context).receivedBody(part) {
            case .taken: part.count
            case .paused: Int(CURL_WRITEFUNC_PAUSE)
            case .refused: 0
            }
        }
    }

    private func setMethod(_ handle: UnsafeMutableRawPointer) {
        // A body of a HEAD request has no meaning (RFC 9110 §9.3.2), and with it curl would wait for the answer's body.
        let takesBody =
            [.post, .put, .patch].contains(request.method)
            || (request.method != .head && (!request.body.isEmpty || request.stream != nil))
        if request.method == .head { curl_set_long(handle, CURLOPT_NOBODY, 1) }
        if takesBody {
            let me = Unmanaged.passUnretained(self).toOpaque()
            curl_set_long(handle, CURLOPT_POST, 1)
            let length = request.stream.map { $0.length ?? -1 } ?? request.body.count
            curl_set_large(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(length))
            curl_set_pointer(handle, CURLOPT_READDATA, me)
            curl_set_transfer_function(handle, CURLOPT_READFUNCTION) { bytes, size, count, context in
                transfer(context).copyBody(to: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
            }
            curl_set_pointer(handle, CURLOPT_SEEKDATA, me)
            curl_set_seek_function(handle) { context, offset, origin in
                let isDone = origin == SEEK_SET && transfer(context).rewind(to: Int(offset))
                return isDone ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
            }
        }
        if needsNewConnection || (!request.method.isIdempotent && request.body.isEmpty) || request.stream != nil {
            // Without a body there is nothing to rewind, so curl would send it twice on a connection that died; one in
            // pieces cannot be rewound.
            curl_set_long(handle, CURLOPT_FRESH_CONNECT, 1)
        }
        curl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }

    private func setHeaders(_ handle: UnsafeMutableRawPointer) -> TransportError? {
        // What curl adds by itself, taken out: a name with nothing after the colon.
        var lines = ["Expect:"]
        if let stream = request.stream, stream.length == nil { lines.append("Transfer-Encoding: chunked") }
        if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
        for field in request.headers.fields {
            let bytes = [field.name.utf8, field.value.utf8].joined()
            guard !field.name.isEmpty, !bytes.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
                return TransportError(.malformed, "The header field \(field.name) holds a line break")
            }
            // curl's way of saying that the value is empty.
            lines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        for line in lines { headerList = curl_slist_append(headerList, line) }
        curl_set_list(handle, CURLOPT_HTTPHEADER, headerList)
        return nil
    }

    func freeHeaders() {
        curl_slist_free_all(headerList)
        headerList = nil
    }
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
}
