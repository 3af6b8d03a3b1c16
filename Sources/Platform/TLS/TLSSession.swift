import CTLS
import Glibc

/// The server's side of one TLS connection, on a socket that does not block and that somebody else closes.
///
/// Nothing here waits: each call does what the socket lets it do, and says which event it needs to go on.
package final class TLSSession {
    package enum Step: Sendable, Hashable {
        case done
        case needsReadable
        case needsWritable
        case failed
    }
    package enum Transfer: Sendable, Hashable {
        /// So many bytes, at least one.
        case bytes(Int)
        case needsReadable
        case needsWritable
        /// The other side has said that it sends no more.
        case ended
        /// The connection is broken, or has ended without a word: what came before may have been cut off.
        case failed
    }
    private let handle: OpaquePointer
    /// After an error OpenSSL must not be asked to say goodbye.
    private var isBroken = false
    /// Bytes that OpenSSL has begun to write, which must be written before others.
    private var held: [UInt8] = []

    init?(_ context: TLSContext, socket: Int32) {
        guard let handle = SSL_new(context.handle) else {
            ERR_clear_error()
            return nil
        }
        guard SSL_set_fd(handle, socket) == 1 else {
            ERR_clear_error()
            SSL_free(handle)
            return nil
        }
        SSL_set_accept_state(handle)
        self.handle = handle
    }

    deinit { SSL_free(handle) }

    package func handshake() -> Step {
        ERR_clear_error()
        let result = SSL_do_handshake(handle)
        if result == 1 { return .done }
        switch transfer(result) {
        case .needsReadable: return .needsReadable
        case .needsWritable: return .needsWritable
        default: return .failed
        }
    }

    /// Reads one record at most, if `buffer` has 16 KiB or more.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        ERR_clear_error()
        let count = SSL_read(handle, buffer.baseAddress, Int32(buffer.count))
        return count > 0 ? .bytes(Int(count)) : transfer(count)
    }

    /// Whether the other side sends no more. What it has sent stays to be read: see `hasBuffered`.
    package func peekEnd() -> Bool {
        var byte: UInt8 = 0
        ERR_clear_error()
        let count = SSL_peek(handle, &byte, 1)
        guard count <= 0 else { return false }
        let result = transfer(count)
        return result == .ended || result == .failed
    }

    /// Whether bytes are decrypted and not read: the socket does not tell of them.
    package var hasBuffered: Bool { SSL_pending(handle) > 0 }

    /// After `needsWritable` the next call must begin with the same bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        if !held.isEmpty {
            let result = held.withUnsafeBytes { writeNow($0) }
            guard case .bytes = result else { return result }
            held = []
        }
        return writeNow(bytes)
    }

    /// Writes a few bytes now, or before the next ones.
    package func writeShortly(_ bytes: [UInt8]) {
        guard held.isEmpty else { return }
        if case .needsWritable = bytes.withUnsafeBytes({ writeNow($0) }) { held = bytes }
    }

    private func writeNow(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        ERR_clear_error()
        let count = SSL_write(handle, bytes.baseAddress, Int32(clamping: bytes.count))
        return count > 0 ? .bytes(Int(count)) : transfer(count)
    }

    /// Says that nothing more will be sent (`close_notify`). Only after all that was begun has been sent: it tells the other
    /// side that nothing was cut off. After `needsWritable` it is to be called again.
    @discardableResult
    package func sayGoodbye() -> Step {
        guard !isBroken, held.isEmpty, SSL_is_init_finished(handle) == 1 else { return .failed }
        ERR_clear_error()
        let result = SSL_shutdown(handle)
        guard result < 0 else { return .done }
        return transfer(result) == .needsWritable ? .needsWritable : .failed
    }

    private func transfer(_ result: Int32) -> Transfer {
        let error = SSL_get_error(handle, result)
        switch error {
        case SSL_ERROR_WANT_READ: return .needsReadable
        case SSL_ERROR_WANT_WRITE: return .needsWritable
        case SSL_ERROR_ZERO_RETURN: return .ended
        default:
            isBroken = true
            ERR_clear_error()
            return .failed
        }
    }
}
