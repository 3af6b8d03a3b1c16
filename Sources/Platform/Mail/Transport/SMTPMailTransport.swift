import CCurl
public import Kernel

/// Sends by SMTP through libcurl, with STARTTLS and login where configured; the connection is kept for the next mail.
public final class SMTPMailTransport: MailTransport {
    public struct Server: Sendable {
        /// `smtp://host:port`, or `smtps://` for TLS from the first byte.
        public var url: String
        public var user: String?
        public var password: String?
        /// Refuse to send where the server does not offer STARTTLS.
        public var requiresTLS: Bool
        public var timeout: Duration

        public init(
            url: String, user: String? = nil, password: String? = nil, requiresTLS: Bool = false,
            timeout: Duration = .seconds(20)
        ) {
            self.url = url
            self.user = user
            self.password = password
            self.requiresTLS = requiresTLS
            self.timeout = timeout
        }
    }
    /// A mail that had to wait longer than this for its turn is given back unsent: its sender may have given up.
    private static let longestWait = Duration.seconds(5)

    private let session: SMTPSession
    private let worker: any Worker
    private let loop: any Loop

    public init(_ server: Server, loop: any Loop) {
        session = SMTPSession(server)
        worker = loop.makeWorker(named: "smtp")
        self.loop = loop
    }

    public func send(_ mail: Mail) async throws(MailError) {
        let outcome: Result<Void, MailError> = await withCheckedContinuation { continuation in
            let asked = loop.uptime
            worker.submit { [session, loop] in
                guard loop.uptime - asked < Self.longestWait else {
                    return continuation.resume(
                        returning: .failure(MailError("too many mails wait for the SMTP server", isRetriable: true)))
                }
                continuation.resume(returning: session.send(mail))
            }
        }
        try outcome.get()
    }
}

/// One connection to the server, kept between mails.
private final class SMTPSession: @unchecked Sendable {  // used by the transport's one worker only
    private let handle: UnsafeMutableRawPointer
    private let server: SMTPMailTransport.Server

    init(_ server: SMTPMailTransport.Server) {
        guard let handle = curl_easy_init() else { preconditionFailure("libcurl has no memory for a handle") }
        self.handle = handle
        self.server = server
    }

    deinit { curl_easy_cleanup(handle) }

    func send(_ mail: Mail) -> Result<Void, MailError> {
        curl_easy_reset(handle)
        let recipients = curl_slist_append(nil, "<\(mail.to)>")
        defer { curl_slist_free_all(recipients) }
        let upload = Upload(mail.bytes)
        curl_set_text(handle, CURLOPT_URL, server.url)
        curl_set_text(handle, CURLOPT_MAIL_FROM, "<\(mail.from)>")
        curl_set_list(handle, CURLOPT_MAIL_RCPT, recipients)
        curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        curl_set_long(handle, CURLOPT_UPLOAD, 1)
        curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        curl_set_long(handle, CURLOPT_TIMEOUT_MS, Int(server.timeout.wholeMilliseconds))
        let tls = server.requiresTLS ? CURLUSESSL_ALL : CURLUSESSL_TRY
        curl_set_long(handle, CURLOPT_USE_SSL, Int(tls.rawValue))
        if let user = server.user { curl_set_text(handle, CURLOPT_USERNAME, user) }
        if let password = server.password { curl_set_text(handle, CURLOPT_PASSWORD, password) }
        let code = withExtendedLifetime(upload) {
            curl_set_transfer_function(handle, CURLOPT_READFUNCTION, readUpload)
            curl_set_pointer(handle, CURLOPT_READDATA, Unmanaged.passUnretained(upload).toOpaque())
            return curl_easy_perform(handle)
        }
        guard code != CURLE_OK else { return .success(()) }
        var reply = 0
        curl_get_long(handle, CURLINFO_RESPONSE_CODE, &reply)
        // Only what the server says of this mail's addresses is final; a login or a greeting that fails concerns all mails.
        let isFinal = code == CURLE_SEND_ERROR && (500..<600).contains(reply)
        let message = String(cString: curl_easy_strerror(code)) + (reply > 0 ? " (SMTP \(reply))" : "")
        return .failure(MailError(message, isRetriable: !isFinal))
    }
}

/// What is still to be sent of a mail.
private final class Upload {
    private let bytes: [UInt8]
    private var sent = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
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
    let upload = Unmanaged<Upload>.fromOpaque(context).takeUnretainedValue()
    return upload.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}
