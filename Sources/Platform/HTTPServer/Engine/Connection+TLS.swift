import Glibc
import HTTP
import Runtime
import TLS

extension Connection {
    /// Lets the handshake advance as far as the socket does.
    func shakeHands() {
        if tls == nil {
            guard beginTLS() else { return }
        }
        guard let tls else { return endHandshake(.failed) }
        switch tls.handshake() {
        case .needsReadable: waitForHandshake(.readable)
        case .needsWritable: waitForHandshake(.writable)
        case .failed: refuseHandshake()
        case .done:
            tlsEvents = nil
            enter(.header, server.limits.headerTime)
            began = server.loop.uptime
            watch()
            server.handshakeEnded(.done)
        }
    }

    private func waitForHandshake(_ events: Events) {
        tlsEvents = events
        watch()
    }

    /// Looks at the first byte without taking it: a handshake begins with 22 (RFC 8446 §5.1), a request with a letter.
    /// A client that speaks HTTP without TLS gets an answer in plain text; anything else does not reach OpenSSL. `false` if
    /// there is no handshake.
    private func beginTLS() -> Bool {
        var byte: UInt8 = 0
        let count = recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR {
            waitForHandshake(.readable)
            return false
        }
        if count == 1, byte == 22 {
            tls = server.tls?.makeSession(on: socket)
            return true
        }
        guard count == 1, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) else {
            endHandshake(.failed)
            return false
        }
        tlsEvents = nil
        phase = .header
        server.handshakeEnded(.plain)
        refuse(Problem(status: 400, detail: "This port speaks TLS only: the URL must begin with https://"))
        return false
    }

    /// Ends a handshake that OpenSSL has refused, and lets the client read the alert that says why: unread bytes would
    /// take it back.
    private func refuseHandshake() {
        var byte: UInt8 = 0
        guard recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0 else { return endHandshake(.failed) }
        endSending()
        server.handshakeEnded(.failed)
    }

    /// Closes a connection whose handshake has not come about.
    func endHandshake(_ outcome: HandshakeOutcome) {
        close()
        server.handshakeEnded(outcome)
    }

    /// Reads into the engine's buffer, by TLS or without.
    func receive() -> TLSSession.Transfer {
        if let tls { return tls.read(into: server.scratch) }
        let count = recv(socket, server.scratch.baseAddress, server.scratch.count, 0)
        if count > 0 { return .bytes(count) }
        if count == 0 { return .ended }
        return errno == EAGAIN || errno == EINTR ? .needsReadable : .failed
    }

    /// Reads what a client sends that nobody looks at any more, encrypted or not.
    func discard() {
        let count = recv(socket, server.scratch.baseAddress, server.scratch.count, 0)
        if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { close() }
    }

    /// Goes on with what has been decrypted already: the socket does not tell of it.
    func readBuffered() {
        guard let tls, tls.hasBuffered, phase == .header || phase == .body else { return }
        server.loop.execute { [self] in if phase == .header || phase == .body { read() } }
    }
}
