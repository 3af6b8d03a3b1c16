import FoundationEssentials
import HTTP
import Kernel
import Runtime
import TLS

/// The rest of an answer in pieces.
struct Download {
    /// How the client sees where the body ends.
    enum Framing {
        case length
        case chunks
        /// By the end of the connection, as HTTP/1.0 has it.
        case close
    }
    let stream: BodyStream
    let framing: Framing
}

extension Connection {
    /// Bytes of an answer that are sent before others have their turn.
    private static let sentInTurn = 256 << 10

    func beginDownload(_ stream: BodyStream, isSent: Bool, isVersion10: Bool) {
        guard isSent else { return stream.cancel() }
        let framing: Download.Framing = stream.length != nil ? .length : isVersion10 ? .close : .chunks
        download = Download(stream: stream, framing: framing)
        reserved += server.shared.holdAnswer(BodyStream.capacity)
        if server.isStopping { stream.askToEnd() }
        // It is to be seen if the client goes.
        if upload == nil { resumeReading() }
    }

    /// Sends what has come of the answer, then waits for more.
    func sendDownload() {
        var sent = 0
        while let download, phase == .answer, output == nil {
            guard sent < Self.sentInTurn else { return continueDownload(download.stream) }
            switch download.stream.take() {
            case .bytes(let bytes):
                sent += bytes.count
                let piece =
                    download.framing == .chunks ? OutgoingMessage(chunk: bytes) : OutgoingMessage(head: [], body: bytes)
                deadline = server.loop.uptime + server.limits.answerTime
                guard sendPiece(piece) else { return }
            case .empty:
                // How long who makes the answer may take is not the client's affair.
                deadline = .never
                if server.isWatchingWrites(self) { watch() }
                let stream = download.stream
                return stream.whenReadable { [self, loop = server.loop] in
                    loop.runOrExecute { self.resumeDownload(stream) }
                }
            case .ended:
                self.download = nil
                deadline = server.loop.uptime + server.limits.answerTime
                if download.framing == .chunks {
                    output = OutgoingMessage(chunk: Data())
                    return send()
                }
                if server.isWatchingWrites(self) { watch() }
                return answered()
            case .failed: return close()
            }
        }
    }

    /// `false` if the client does not take all of it now.
    private func sendPiece(_ piece: OutgoingMessage) -> Bool {
        var piece = piece
        switch tls.map({ piece.send(by: $0) }) ?? piece.send(to: socket) {
        case .done: return true
        case .waits:
            output = piece
            watch()
        case .failed: close()
        }
        return false
    }

    private func continueDownload(_ stream: BodyStream) {
        server.loop.execute { [self] in resumeDownload(stream) }
    }

    private func resumeDownload(_ stream: BodyStream) {
        guard download?.stream === stream else { return }
        sendDownload()
    }

    /// Lets go of bodies that were cut off. A client must be able to see that an answer was.
    func cutBodies() {
        endUploadCut()
        guard let download else { return }
        self.download = nil
        if download.framing == .close { resetOnClose() }
        download.stream.cancel()
    }

    private func endUploadCut() {
        guard let upload else { return }
        self.upload = nil
        upload.stream.fail(TransportError(.interrupted, "The connection ended before the body had come whole"))
    }
}
