import CCurl
import Glibc
import Kernel

/// One connection to the server, kept between mails.
final class SMTPConnection: @unchecked Sendable {  // used on its worker only
    let worker: any Worker
    private var handle: UnsafeMutableRawPointer
    private let server: SMTPServer
    /// libcurl writes here what the server said, more than its error codes tell.
    private let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init(_ server: SMTPServer, worker: any Worker) {
        handle = Self.makeHandle()
        self.server = server
        self.worker = worker
    }

    deinit {
        curl_easy_cleanup(handle)
        words.deallocate()
    }

    /// Blocks until the server has answered or the time is over.
    func send(_ mail: Mail) -> Result<Void, MailError> {
        // Forgets the options; the connection stays open.
        curl_easy_reset(handle)
        words.pointee = 0
        curl_set_pointer(handle, CURLOPT_ERRORBUFFER, words)
        setServer()
        let recipients = curl_slist_append(nil, "<\(mail.to)>")
        defer { curl_slist_free_all(recipients) }
        curl_set_text(handle, CURLOPT_MAIL_FROM, "<\(mail.from)>")
        curl_set_list(handle, CURLOPT_MAIL_RCPT, recipients)
        let upload = SMTPUpload(mail.bytes)
        curl_set_long(handle, CURLOPT_UPLOAD, 1)
        upload.read(by: handle)
        let code = withExtendedLifetime(upload) { curl_easy_perform(handle) }
        var reply = 0
        curl_get_long(handle, CURLINFO_RESPONSE_CODE, &reply)
        let end = SMTPEnd(code: code, reply: reply, isWholeMailOut: upload.isRead)
        guard let outcome = end.failure else { return .success(()) }
        let error = MailError(outcome, message(code))
        startAnew()
        return .failure(error)
    }

    private static func makeHandle() -> UnsafeMutableRawPointer {
        guard let handle = curl_easy_init() else { preconditionFailure("libcurl has no memory for a handle") }
        return handle
    }

    /// libcurl keeps a connection whose answer to a mail is still due: that answer would be taken for the next mail's.
    private func startAnew() {
        var socket = CURL_SOCKET_BAD
        // So that libcurl, when it says goodbye, does not wait for a server that is silent.
        if curl_get_socket(handle, &socket) == CURLE_OK, socket != CURL_SOCKET_BAD {
            shutdown(socket, Int32(SHUT_RDWR))
        }
        curl_easy_cleanup(handle)
        handle = Self.makeHandle()
    }

    private func setServer() {
        curl_set_text(handle, CURLOPT_URL, server.url)
        curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        curl_set_long(handle, CURLOPT_TIMEOUT_MS, Int(server.timeout.wholeMilliseconds))
        // Holds for the goodbye too, whose time libcurl does not count among the transfer's.
        curl_set_long(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, Int(server.timeout.seconds.rounded(.up)))
        let tls = server.requiresTLS ? CURLUSESSL_ALL : CURLUSESSL_TRY
        curl_set_long(handle, CURLOPT_USE_SSL, Int(tls.rawValue))
        if let authorities = server.authorities { curl_set_text(handle, CURLOPT_CAINFO, authorities) }
        if let user = server.user { curl_set_text(handle, CURLOPT_USERNAME, user) }
        if let password = server.password { curl_set_text(handle, CURLOPT_PASSWORD, password) }
    }

    private func message(_ code: CURLcode) -> String {
        let detail = String(cString: words)
        return "SMTP: " + (detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail)
    }
}

/// The part of a mail that is still to be sent.
final class SMTPUpload {
    private let bytes: [UInt8]
    private var sent = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether libcurl has taken all of it.
    var isRead: Bool { sent == bytes.count }

    /// Lets the handle's next transfer read it; it must outlive the transfer.
    func read(by handle: UnsafeMutableRawPointer) {
        curl_set_transfer_function(handle, CURLOPT_READFUNCTION, readUpload)
        curl_set_pointer(handle, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque())
    }

    fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, bytes.count - sent)
        bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count])) }
        sent += count
        return count
    }
}

private func readUpload(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer, let context else { return 0 }
    let upload = Unmanaged<SMTPUpload>.fromOpaque(context).takeUnretainedValue()
    return upload.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}
