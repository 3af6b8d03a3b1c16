import CTLS
import Glibc
import Kernel

/// A file in PEM, read whole and within bounds. Its bytes are overwritten when it is let go: they may be a key.
struct PEMFile: ~Copyable {
    let path: String
    private let bytes: UnsafeMutableRawBufferPointer

    private static let maximumBytes = 1 << 20
    private static let maximumCertificates = 16

    /// `isSecret`: refuses a file that other users may read or write. The mode is that of the file which is read.
    init(_ path: String, isSecret: Bool) throws(TLSError) {
        // A pipe would block the thread that opens it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw TLSError(.unreadable, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            (1...Self.maximumBytes).contains(Int(status.st_size))
        else {
            throw TLSError(.unreadable, "\(path) must be a file in PEM with 1 to \(Self.maximumBytes) bytes")
        }
        guard !isSecret || GuardedFile.exposure(mode: status.st_mode, owner: status.st_uid, isSecret: true) == nil
        else {
            throw TLSError(
                .exposedKey,
                "the key \(path) can be read or written by other users; make sure that it is yours, then run: "
                    + "chown $(id -u) \(path) && chmod 600 \(path)")
        }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(status.st_size), alignment: 1)
        do {
            try Self.fill(bytes, from: descriptor, path)
        } catch {
            bytes.cleanseAndDeallocate()
            throw error
        }
        self.path = path
        self.bytes = bytes
    }

    deinit { bytes.cleanseAndDeallocate() }

    private static func fill(
        _ bytes: UnsafeMutableRawBufferPointer, from descriptor: Int32, _ path: String
    ) throws(TLSError) {
        var filled = 0
        while filled < bytes.count {
            let more = read(descriptor, bytes.baseAddress! + filled, bytes.count - filled)
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { throw TLSError(.unreadable, "\(path) changes while it is read") }
            filled += more
        }
    }

    /// OpenSSL's reader of the bytes, which refers to them: for no longer than this file.
    private func makeReader() throws(TLSError) -> OpaquePointer {
        guard let reader = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else {
            throw TLSError(.system, "OpenSSL cannot read \(path): \(TLSError.reason())")
        }
        return reader
    }

    /// All certificates of the file, in their order. `body` may use them until it returns.
    func withCertificates<Result>(
        _ body: ([OpaquePointer]) throws(TLSError) -> Result
    ) throws(TLSError) -> Result {
        let source = try makeReader()
        defer { BIO_free(source) }
        var certificates: [OpaquePointer] = []
        defer { for certificate in certificates { X509_free(certificate) } }
        ERR_clear_error()
        while let certificate = PEM_read_bio_X509(source, nil, nil, nil) {
            certificates.append(certificate)
            guard certificates.count <= Self.maximumCertificates else {
                throw TLSError(.malformed, "\(path) holds more than \(Self.maximumCertificates) certificates")
            }
        }
        let ended = tls_reason(ERR_peek_last_error()) == PEM_R_NO_START_LINE
        let reason = TLSError.reason()
        guard ended, !certificates.isEmpty else {
            throw TLSError(
                .malformed,
                certificates.isEmpty && ended
                    ? "\(path) holds no certificate in PEM"
                    : "\(path) holds a certificate that cannot be read: \(reason)")
        }
        return try body(certificates)
    }

    /// The private key of the file. `body` may use it until it returns.
    func withKey<Result>(_ body: (OpaquePointer) throws(TLSError) -> Result) throws(TLSError) -> Result {
        let source = try makeReader()
        defer { BIO_free(source) }
        ERR_clear_error()
        // Without an answer OpenSSL would ask for a passphrase at the terminal, and wait.
        guard let key = PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil) else {
            _ = TLSError.reason()
            throw TLSError(
                .malformed,
                isEncrypted
                    ? "the key \(path) is encrypted with a passphrase; write it without one (openssl pkey -in … -out …)"
                    : "\(path) holds no private key in PEM")
        }
        defer { EVP_PKEY_free(key) }
        return try body(key)
    }

    /// In place: a text made of the bytes would leave a copy of the key behind.
    private var isEncrypted: Bool {
        bytes.firstRange(of: "ENCRYPTED".utf8) != nil
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Overwrites the bytes so that no optimiser leaves it out, and gives the memory back.
    fileprivate func cleanseAndDeallocate() {
        OPENSSL_cleanse(baseAddress, count)
        deallocate()
    }
}
