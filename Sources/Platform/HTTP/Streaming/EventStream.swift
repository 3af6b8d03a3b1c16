import FoundationEssentials
public import Kernel
import Synchronization

/// A stream of events to one client, which stays open until the client goes, the server stops, or the work for it ends.
///
/// While nothing happens, a comment every 15 seconds keeps proxies from closing the connection, and finds out whether the
/// client is still there.
public final class EventStream: Sendable {
    public static let heartbeat = Duration.seconds(15)
    public static let contentType = "text/event-stream"

    /// The identifier of the last event that the client has seen; `nil` if it connects for the first time.
    public let lastEventID: String?
    private let body = BodyStream()
    private let loop: any Loop
    private let interval: Duration
    private let work = Mutex<Task<Void, Never>?>(nil)
    private let lastWrite: Mutex<Duration>

    init(_ request: Request, on loop: any Loop, heartbeat: Duration) {
        lastEventID = request.headers["Last-Event-ID"].flatMap { $0.isEmpty ? nil : $0 }
        self.loop = loop
        interval = heartbeat
        lastWrite = Mutex(loop.uptime)
    }

    /// Sends an event. Waits while the client is slow; throws when it has gone.
    public func send(_ event: ServerSentEvent) async throws(TransportError) {
        lastWrite.withLock { $0 = loop.uptime }
        try await body.write(Data(event.text.utf8))
    }

    /// Sends an event whose data is a value in JSON.
    public func send(_ value: some Encodable, name: String? = nil, id: String? = nil) async throws {
        let text = String(decoding: try JSON.encode(value), as: UTF8.self)
        try await send(ServerSentEvent(text, name: name, id: id))
    }

    func start(_ produce: @escaping @Sendable (EventStream) async throws -> Void) -> BodyStream {
        // The client learns that the stream stands before the first event comes.
        body.offer(Data(":\n\n".utf8))
        body.whenAskedToEnd { [self] in end() }
        body.whenOver { [self] _ in end() }
        let task = loop.start { [self] in
            try? await produce(self)
            body.finish()
        }
        work.withLock { $0 = task }
        if body.isCancelled { task.cancel() }
        beat()
        return body
    }

    private func end() {
        work.withLock { $0 }?.cancel()
        // A stream of events has no end of its own: the client connects again and says what it has seen.
        body.finish()
    }

    private func beat() {
        let silence = loop.uptime - lastWrite.withLock { $0 }
        loop.schedule(after: max(interval - silence, .milliseconds(1))) { [weak self] in
            guard let self, !body.isOver else { return }
            let isDue = loop.uptime - lastWrite.withLock { $0 } >= interval
            if isDue {
                lastWrite.withLock { $0 = loop.uptime }
                // A client that takes nothing needs none.
                if body.hasRoom { body.offer(Data(":\n\n".utf8)) }
            }
            beat()
        }
    }
}

extension Response {
    /// A stream of server-sent events. `produce` sends them; it is cancelled when the client goes or the server stops, and
    /// its end is that of the stream.
    public static func events(
        for request: Request, on loop: any Loop, heartbeat: Duration = EventStream.heartbeat,
        _ produce: @escaping @Sendable (EventStream) async throws -> Void
    ) -> Response {
        var response = Response(
            status: 200, headers: ["Content-Type": EventStream.contentType, "Cache-Control": "no-store"])
        // The server sends no body for HEAD, and nobody would take the events.
        if request.method == .head {
            response.omittedBody = .init(length: nil)
        } else {
            response.stream = EventStream(request, on: loop, heartbeat: heartbeat).start(produce)
        }
        return response
    }
}
