import FoundationEssentials
import Glibc
import HTTP
import Kernel
import Runtime
import TLS

extension Connection {
    /// Says that no more will be sent, and reads what still comes for a moment: to close a socket with unread bytes, or
    /// before the client's last ones have come, resets the connection and takes the answer back.
    func endSending() {
        (input, position) = ([], 0)
        if let tls, tls.sayGoodbye() == .needsWritable {
            // The client takes the answer's last bytes first.
            if phase != .linger { enter(.linger, server.limits.answerTime) }
            tlsEvents = .writable
            return watch()
        }
        shutdown(socket, Int32(SHUT_WR))
        enter(.linger, server.limits.lingerTime)
        (tlsEvents, isReading) = (nil, true)
        watch()
    }

    /// Gives up what the kernel has not sent, and lets the client know that it was not all.
    func resetOnClose() {
        var reset = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
    }

    /// The time limit of what it waits for has passed.
    func expire() {
        switch phase {
        case .handshake: endHandshake(.timedOut)
        case .header:
            if !isBusy { tls?.sayGoodbye() }
            close()
        case .linger where tlsEvents == nil: close()
        case .answer, .linger:
            // The kernel would keep what the client does not take for minutes, and let nobody know.
            resetOnClose()
            close()
        case .body: refuse(Problem(status: 408, detail: "The body did not arrive within \(server.limits.bodyTime)"))
        case .handler:
            guard let exchange else { return }
            exchange.task?.cancel()
            // The handler goes on, and nobody hears how it ends.
            let problem = Problem.brokenOff(
                exchange.method, "The answer was not ready within \(server.limits.handlerTime)",
                retryAfter: server.limits.retryAfter)
            answer(exchange, problem.response(instance: exchange.path))
        case .closed: break
        }
    }

    /// Takes what the client has sent already, then closes it if no request has begun.
    func endIfIdle() {
        if phase == .handshake { return endHandshake(.failed) }
        if phase == .header, position == input.count { read() }
        guard phase == .header, !isBusy else { return }
        tls?.sayGoodbye()
        close()
    }

    /// A handler that may change something goes on: what it does is not undone because nobody listens.
    func close() {
        guard phase != .closed else { return }
        abandon()
        phase = .closed
        exchange?.state = .ended
        exchange = nil
        output = nil
        tls = nil
        cutBodies()
        release()
        server.close(self)
    }

    func release() {
        allowance?.end()
        allowance = nil
        guard reserved > 0 else { return }
        server.shared.releaseBody(reserved)
        reserved = 0
    }
}
