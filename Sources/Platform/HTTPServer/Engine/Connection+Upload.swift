import FoundationEssentials
import HTTP
import Kernel
import Runtime
import TLS

/// A body that the handler reads while it comes.
struct Upload {
    let stream: BodyStream
    var reader: BodyReader
    /// Whether the client still waits for `100 Continue`.
    var expectsContinue: Bool
    /// In the loop's uptime; far away while the handler has enough to read.
    var deadline: Duration
    /// Bytes since the deadline was set.
    var sinceDeadline = 0
}

extension Connection {
    /// Hands the request over before its body has come whole. Nothing of a body that is expected with `100 Continue` is asked
    /// for until the handler reads.
    func handleWhileItComes(isWhole: Bool) throws(Refusal) {
        guard let reader else { return }
        guard server.shared.reserveBody(BodyStream.capacity) else {
            throw Refusal(503, "Too many bodies are on their way to this server")
        }
        reserved += BodyStream.capacity
        let length: Int? = if case .length(let length) = parser.head.body { length } else { nil }
        let shared = server.shared
        let allowance = BodyAllowance(reserve: { shared.reserveBody($0) }, release: { shared.releaseBody($0) })
        self.allowance = allowance
        let stream = BodyStream(length: length, maximum: server.limits.maximumBody, allowance: allowance)
        let waits = parser.head.expectsContinue && !parser.head.isVersion10 && body.isEmpty && position == input.count
        upload = Upload(stream: stream, reader: reader, expectsContinue: waits, deadline: .never)
        stream.offer(body)
        if isWhole {
            upload = nil
            stream.finish()
            return handle(stream)
        }
        if waits {
            stream.whenBegun { [self, loop = server.loop] in loop.execute { self.uploadWanted(stream) } }
        }
        handle(stream)
        guard upload?.stream === stream else { return }
        if waits { return pauseReading() }
        awaitUpload()
        feedUpload()
    }

    private func uploadWanted(_ stream: BodyStream) {
        guard upload?.stream === stream, upload?.expectsContinue == true, phase == .handler else { return }
        upload?.expectsContinue = false
        writeContinue()
        resumeUpload(stream)
    }

    private func awaitUpload() {
        upload?.deadline = server.loop.uptime + server.limits.bodyTime
        upload?.sinceDeadline = 0
    }

    /// Reads more of the body from the socket.
    func readUpload() {
        guard upload?.stream.hasRoom == true else { return waitForRoom() }
        switch receive() {
        case .bytes(let count):
            input.append(contentsOf: UnsafeRawBufferPointer(rebasing: server.scratch[..<count]))
            feedUpload()
            readBufferedUpload()
        case .needsReadable: return
        case .needsWritable:
            tlsEvents = .writable
            watch()
        case .ended, .failed: close()
        }
    }

    /// Passes on what has come.
    private func feedUpload() {
        guard var current = upload else { return }
        upload = nil
        var piece = Data()
        do throws(Refusal) {
            let isWhole = try input.withUnsafeBufferPointer { bytes throws(Refusal) in
                try current.reader.take(bytes, &position, into: &piece)
            }
            current.sinceDeadline += piece.count
            renewHandlerTime()
            if !isWhole { upload = current }
            current.stream.offer(piece)
            if isWhole { return uploadEnded(current.stream) }
        } catch {
            current.stream.fail(TransportError(.interrupted, error.detail))
            return uploadRefused(error.problem)
        }
        guard upload != nil else { return }
        compact()
        if current.sinceDeadline >= HTTPLimits.slowestPiece { awaitUpload() }
        if !current.stream.hasRoom { waitForRoom() }
    }

    private func uploadEnded(_ stream: BodyStream) {
        compact()
        renewHandlerTime()
        stream.finish()
        // Whoever goes now is noticed as before.
        if phase == .handler || phase == .answer && download != nil { resumeReading() }
    }

    /// The rest waits in the kernel until the handler has read what is here.
    private func waitForRoom() {
        pauseReading()
        guard let stream = upload?.stream else { return }
        upload?.deadline = .never
        renewHandlerTime()
        stream.whenWritable { [self, loop = server.loop] in loop.execute { self.resumeUpload(stream) } }
    }

    private func resumeUpload(_ stream: BodyStream) {
        // Of a body that nobody wants the rest stays where it is until the answer has been sent.
        guard upload?.stream === stream, !stream.isOver, phase == .handler || phase == .answer else { return }
        awaitUpload()
        resumeReading()
        feedUpload()
        readBufferedUpload()
    }

    private func readBufferedUpload() {
        guard let tls, tls.hasBuffered, let stream = upload?.stream else { return }
        server.loop.execute { [self] in
            guard upload?.stream === stream, tlsEvents == nil, phase == .handler || phase == .answer else { return }
            readUpload()
        }
    }

    /// The handler has its time from the last bytes on.
    private func renewHandlerTime() {
        if phase == .handler { deadline = server.loop.uptime + server.limits.handlerTime }
    }

    /// Ends what has taken too long by now.
    func expire(at time: Duration) {
        if let upload, upload.deadline < time { return uploadExpired() }
        guard deadline < time else { return }
        // A handler that waits for the client is bounded by the client's limit.
        if phase == .handler, let upload, upload.deadline < .never { return }
        expire()
    }

    /// The client is too slow.
    private func uploadExpired() {
        let limit = server.limits.bodyTime
        upload?.stream.fail(TransportError(.interrupted, "The body did not arrive within \(limit)"))
        uploadRefused(Problem(status: 408, detail: "The body did not arrive within \(limit)"))
    }

    /// Ends the connection with an answer, if none has begun. What the handler makes of its part of the body is not heard.
    private func uploadRefused(_ problem: Problem) {
        guard phase == .handler, let exchange else { return close() }
        // Its answer says that the connection ends, as long as the upload has not.
        if upload == nil { closesInAnyCase = true }
        answer(exchange, problem.response(instance: exchange.path))
    }

    /// Nobody reads the rest.
    func endUpload() {
        guard let upload else { return }
        self.upload = nil
        upload.stream.cancel()
    }
}

extension Duration {
    /// Later than any deadline.
    static let never = Duration.seconds(1 << 40)
}
