import CTLS
import Glibc
import Runtime

/// A client of TLS on a socket that blocks, with a thread of its own. It trusts every certificate.
final class TLSClient: @unchecked Sendable {  // OpenSSL's objects are used on the reader's thread only
    let raw: RawClient
    private let reader = ThreadWorker(name: "tls client")
    private let context: OpaquePointer
    private let session: OpaquePointer
    private var buffer: [UInt8] = []

    /// How a connection has ended.
    enum End: Sendable {
        case goodbye, broken
    }

    /// `protocols` are offered by ALPN, if there are any. `resuming` is the session of a connection before.
    init(port: Int, maximum: Int32 = TLS1_3_VERSION, protocols: [String] = [], resuming: OpaquePointer? = nil) {
        // OpenSSL writes to a connection that may have gone.
        signal(SIGPIPE, SIG_IGN)
        raw = RawClient(port: port)
        context = SSL_CTX_new(TLS_client_method())!
        _ = tls_set_minimum(context, min(maximum, TLS1_2_VERSION))
        _ = tls_set_maximum(context, maximum)
        // Else the client itself refuses the old versions.
        SSL_CTX_set_security_level(context, 0)
        session = SSL_new(context)!
        SSL_set_fd(session, raw.descriptor)
        let offer = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        if !offer.isEmpty { SSL_set_alpn_protos(session, offer, UInt32(offer.count)) }
        if let resuming { SSL_set_session(session, resuming) }
    }

    deinit {
        SSL_free(session)
        SSL_CTX_free(context)
    }

    /// The ClientHello of a client that speaks `maximum` at most, as OpenSSL makes it.
    static func hello(maximum: Int32 = TLS1_3_VERSION) -> [UInt8] {
        let context = SSL_CTX_new(TLS_client_method())!
        _ = tls_set_minimum(context, min(maximum, TLS1_2_VERSION))
        _ = tls_set_maximum(context, maximum)
        SSL_CTX_set_security_level(context, 0)
        let session = SSL_new(context)!
        defer {
            SSL_free(session)
            SSL_CTX_free(context)
        }
        SSL_set_bio(session, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))
        _ = SSL_connect(session)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = BIO_read(SSL_get_wbio(session), &bytes, 4096)
        return Array(bytes.prefix(Int(count)))
    }

    /// Whether the handshake comes about.
    func connect() async -> Bool {
        await onReader { [self] in
            ERR_clear_error()
            return SSL_connect(session) == 1
        }
    }

    @discardableResult
    func write(_ text: String) async -> Bool { await write(Array(text.utf8)) }

    /// One call, thus a record for each 16 KiB.
    @discardableResult
    func write(_ bytes: [UInt8]) async -> Bool {
        await onReader { [self] in
            ERR_clear_error()
            return SSL_write(session, bytes, Int32(bytes.count)) == bytes.count
        }
    }

    /// The next answer's head and body; `nil` where the connection ends before it is whole.
    func readAnswer() async -> (head: String, body: [UInt8])? {
        await onReader { [self] in
            while true {
                if let answer = takeAnswer() { return answer }
                guard fill() > 0 else { return nil }
            }
        }
    }

    /// Reads to the end, and says how it was.
    func end() async -> End {
        await onReader { [self] in
            var result: Int32
            repeat { result = fill() } while result > 0
            return SSL_get_error(session, result) == SSL_ERROR_ZERO_RETURN ? .goodbye : .broken
        }
    }

    /// Says that no more will be sent.
    func sayGoodbye() async { await onReader { [self] in _ = SSL_shutdown(session) } }

    /// Asks for new keys on both sides, with the next bytes.
    func updateKeys() async -> Bool {
        await onReader { [self] in
            SSL_key_update(session, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(session) == 1
        }
    }

    /// Whether the server lets TLS 1.2 negotiate anew.
    func renegotiate() async -> Bool {
        await onReader { [self] in
            ERR_clear_error()
            return SSL_renegotiate(session) == 1 && SSL_do_handshake(session) == 1
                && SSL_renegotiate_pending(session) == 0
        }
    }

    var version: Int32 { SSL_version(session) }
    var isResumed: Bool { SSL_session_reused(session) == 1 }
    /// Belongs to the caller.
    func takeSession() -> OpaquePointer? { SSL_get1_session(session) }

    /// The protocol that the server has chosen by ALPN.
    var chosenProtocol: String {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(session, &name, &length)
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }

    /// The name of the owner of the server's certificate.
    var peerName: String {
        guard let certificate = SSL_get1_peer_certificate(session) else { return "" }
        defer { X509_free(certificate) }
        var text = [CChar](repeating: 0, count: 256)
        X509_NAME_oneline(X509_get_subject_name(certificate), &text, 256)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func onReader<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            reader.submit { continuation.resume(returning: body()) }
        }
    }

    private func fill() -> Int32 {
        var part = [UInt8](repeating: 0, count: 65536)
        ERR_clear_error()
        let count = SSL_read(session, &part, Int32(part.count))
        if count > 0 { buffer += part.prefix(Int(count)) }
        return count
    }

    private func takeAnswer() -> (head: String, body: [UInt8])? {
        let end = Array("\r\n\r\n".utf8)
        guard let start = buffer.indices.first(where: { buffer[$0...].starts(with: end) }) else { return nil }
        let head = String(decoding: buffer[..<start], as: UTF8.self)
        let length = RawClient.Answer(head: head, body: "").header("Content-Length").flatMap { Int($0) } ?? 0
        guard buffer.count >= start + 4 + length else { return nil }
        let body = Array(buffer[(start + 4)..<(start + 4 + length)])
        buffer.removeFirst(start + 4 + length)
        return (head, body)
    }
}
