import CTLS
import Glibc
import Kernel

/// All that new connections need: certificate, key, versions and ciphers. A connection keeps the one that it began with.
///
/// OpenSSL's context is not changed once it is made, apart from its ticket keys, and counts its references by atomics.
final class TLSContext: @unchecked Sendable {
    let handle: OpaquePointer
    let subject: String
    let validFrom: Timestamp
    let validUntil: Timestamp

    /// Forward secrecy and authenticated encryption only. TLS 1.3 has its own list, all of which are both.
    private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL"
    private static let groups = "X25519:P-256:P-384"
    /// The time for which a client may resume a session by a ticket.
    private static let ticketSeconds = 2 * 3600

    init(_ settings: TLSSettings) throws(TLSError) {
        let certificates = try PEMFile(settings.certificate, isSecret: false)
        let key = try PEMFile(settings.key, isSecret: true)
        guard let handle = SSL_CTX_new(TLS_server_method()) else {
            throw TLSError(.system, "OpenSSL cannot make a context: \(TLSError.reason())")
        }
        do {
            try Self.configure(handle, settings.minimum)
            (subject, validFrom, validUntil) = try certificates.withCertificates { chain throws(TLSError) in
                guard SSL_CTX_use_certificate(handle, chain[0]) == 1 else {
                    throw TLSError(.malformed, "\(settings.certificate) cannot be used: \(TLSError.reason())")
                }
                for certificate in chain.dropFirst() where tls_add_to_chain(handle, certificate) != 1 {
                    throw TLSError(.malformed, "\(settings.certificate) cannot be used: \(TLSError.reason())")
                }
                return (
                    Self.subject(of: chain[0]), Self.time(X509_get0_notBefore(chain[0])) ?? .earliest,
                    Self.time(X509_get0_notAfter(chain[0])) ?? .latest
                )
            }
            try key.withKey { key throws(TLSError) in
                guard SSL_CTX_use_PrivateKey(handle, key) == 1, SSL_CTX_check_private_key(handle) == 1 else {
                    _ = TLSError.reason()
                    throw TLSError(
                        .mismatch,
                        "the key \(settings.key) does not belong to the first certificate in \(settings.certificate)")
                }
            }
        } catch {
            SSL_CTX_free(handle)
            throw error
        }
        self.handle = handle
    }

    deinit { SSL_CTX_free(handle) }

    private static func configure(_ handle: OpaquePointer, _ minimum: TLSVersion) throws(TLSError) {
        let version = minimum == .tls12 ? TLS1_2_VERSION : TLS1_3_VERSION
        guard tls_set_minimum(handle, version) == 1, SSL_CTX_set_cipher_list(handle, ciphers) == 1,
            tls_set_groups(handle, groups) == 1
        else { throw TLSError(.system, "OpenSSL refuses the versions and ciphers: \(TLSError.reason())") }
        SSL_CTX_set_options(handle, tls_server_options)
        tls_set_mode(
            handle,
            Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS))
        // One read works on one record: a client that sends many without content cannot keep the loop busy.
        tls_clear_mode(handle, Int(SSL_MODE_AUTO_RETRY))
        // Sessions are kept by clients, in tickets: they take no memory here.
        tls_disable_session_cache(handle)
        SSL_CTX_set_timeout(handle, ticketSeconds)
        SSL_CTX_set_num_tickets(handle, 1)
        SSL_CTX_set_alpn_select_cb(handle, chooseProtocol, nil)
    }

    /// Gives tickets another key. Who has an older ticket makes a full handshake.
    func replaceTicketKeys() {
        var keys = [UInt8](repeating: 0, count: 80)
        guard RAND_bytes(&keys, Int32(keys.count)) == 1 else { return ERR_clear_error() }
        _ = tls_set_ticket_keys(handle, &keys, keys.count)
        OPENSSL_cleanse(&keys, keys.count)
    }

    private static func subject(of certificate: OpaquePointer) -> String {
        var text = [CChar](repeating: 0, count: 256)
        X509_NAME_oneline(X509_get_subject_name(certificate), &text, Int32(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func time(_ time: UnsafePointer<ASN1_TIME>?) -> Timestamp? {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Timestamp(seconds: Int64(timegm(&parts)))
    }
}

/// Chooses HTTP/1.1 from the protocols of the client (RFC 7301 §3.2): each is a length and a name. A client that names
/// others only gets the alert `no_application_protocol`.
private func chooseProtocol(
    _ session: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ length: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ count: UInt32,
    _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    let wanted = Array("http/1.1".utf8)
    let list = UnsafeBufferPointer(start: offered, count: Int(count))
    var index = 0
    while index < list.count {
        let end = index + 1 + Int(list[index])
        guard end <= list.count else { break }
        if list[(index + 1)..<end].elementsEqual(wanted) {
            // It may lie in the client's list, which outlives the call.
            chosen?.pointee = offered?.advanced(by: index + 1)
            length?.pointee = UInt8(wanted.count)
            return SSL_TLSEXT_ERR_OK
        }
        index = end
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}
