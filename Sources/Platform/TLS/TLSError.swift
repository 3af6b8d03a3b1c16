import CTLS

/// Why a certificate and its key cannot be used, in a sentence that names the file. It never holds what is in the file.
public struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// A file is missing, cannot be read, or is not a regular file of a sensible size.
        case unreadable
        /// Other users may read or write the key.
        case exposedKey
        /// A file holds no certificate or no key in PEM, or OpenSSL refuses it.
        case malformed
        /// The key belongs to another certificate.
        case mismatch
        /// The certificate is not valid now.
        case notValidNow
        case system
    }
    public let code: Code
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// Returns the reason of OpenSSL's latest error on this thread, and clears the errors of the thread.
    static func reason() -> String {
        let error = ERR_peek_last_error()
        ERR_clear_error()
        guard error != 0, let words = ERR_reason_error_string(error) else { return "OpenSSL gives no reason" }
        return String(cString: words)
    }
}
