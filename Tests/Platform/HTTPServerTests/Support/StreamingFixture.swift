import FoundationEssentials
import HTTP
import HTTPServer
import Synchronization

extension TestServer {
    /// A server whose handler gets long bodies in pieces.
    static func streaming(
        limits: HTTPLimits = HTTPLimits(), largest: Int = 1 << 30, _ handler: @escaping HTTPServer.Handler
    ) -> TestServer {
        var server = TestServer(limits: limits, handler: handler)
        server.streaming = BodyStreaming { largest }
        return server
    }
}

/// Keeps what became of bodies, for tests that look at it later.
final class StreamEnds: Sendable {
    private let ends = Mutex<[BodyStream.Result]>([])

    func watch(_ stream: BodyStream) { stream.whenOver { end in self.ends.withLock { $0.append(end) } } }

    var isEmpty: Bool { ends.withLock { $0.isEmpty } }
    var completed: Int { count { if case .completed = $0 { true } else { false } } }
    var failed: Int { count { if case .failed = $0 { true } else { false } } }
    var cancelled: Int { count { if case .cancelled = $0 { true } else { false } } }

    private func count(_ isOne: (BodyStream.Result) -> Bool) -> Int { ends.withLock { $0.count(where: isOne) } }
}

extension Response {
    /// An answer whose body is this stream.
    static func streamed(_ stream: BodyStream) -> Response {
        var response = Response(status: 200)
        response.stream = stream
        return response
    }
}

extension BodyStream {
    /// With all its bytes already offered.
    convenience init(_ pieces: [String], length: Int? = nil) {
        self.init(length: length)
        for piece in pieces { offer(Data(piece.utf8)) }
        finish()
    }
}
