import CRDKafka
import FoundationEssentials
import Kernel
import Messaging
import Runtime
import Synchronization
import Telemetry

/// Sends events and waits for the brokers' acknowledgements.
final class KafkaProducer: Sendable {
    private struct Ticket {
        let request: ProduceRequest
        let place: Int
    }
    private struct State {
        var tickets: [Int: Ticket] = [:]
        var last = 0
        var isClosed = false
        /// librdkafka has given this producer up: it cannot promise order any more.
        var isBroken = false
    }
    let client: KafkaClient
    private let names: TopicNames
    private let log: Logger
    private let state = Mutex(State())
    private let queue = Mutex<KafkaQueue?>(nil)

    init(_ settings: KafkaSettings, loop: EventLoop, log: Logger) throws(KafkaError) {
        let client = try KafkaClient(KafkaConfiguration(producing: settings), RD_KAFKA_PRODUCER)
        rd_kafka_set_log_queue(client.raw, nil)
        self.client = client
        self.log = log
        names = TopicNames(prefix: settings.prefix)
        let main: OpaquePointer = rd_kafka_queue_get_main(client.raw)
        let queue = KafkaQueue(main, loop: loop) { [weak self] in self?.drain() }
        self.queue.withLock { $0 = queue }
    }

    /// Returns when all brokers that must have the events have them. A task that is cancelled waits no longer.
    func send(_ events: [CloudEvent]) async throws {
        guard !events.isEmpty else { return }
        let request = ProduceRequest(events)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard request.begin(continuation) else { return }
                for place in request.first { send(place, of: request) }
            }
        } onCancel: {
            request.abandon()
        }
    }

    /// Whether another producer has to take its place.
    var isBroken: Bool { state.withLock { $0.isBroken } }

    /// One event, and where it cannot even be queued, what comes of that.
    private func send(_ place: Int, of request: ProduceRequest) {
        var place = place
        while let error = submit(place, of: request) {
            guard let next = request.finished(place, error) else { return }
            place = next
        }
    }

    private func submit(_ place: Int, of request: ProduceRequest) -> KafkaError? {
        let number = state.withLock { state -> Int? in
            guard !state.isClosed else { return nil }
            state.last += 1
            state.tickets[state.last] = Ticket(request: request, place: place)
            return state.last
        }
        guard let number else { return KafkaError(.closed, "the event log is closed") }
        let event = request.events[place]
        let headers = event.makeHeaders()
        let error = event.data.withUnsafeBytes { data in
            kafka_produce(
                client.raw, names.topic(of: event.type), event.subject, event.subject.utf8.count, data.baseAddress,
                data.count, event.time.milliseconds, headers, UnsafeMutableRawPointer(bitPattern: number))
        }
        guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        rd_kafka_headers_destroy(headers)
        state.withLock { _ = $0.tickets.removeValue(forKey: number) }
        return KafkaError(.broker, "event \(event.source) \(event.id) cannot be sent", error)
    }

    /// Takes what the brokers have acknowledged or refused. On the loop.
    private func drain() {
        guard let queue = queue.withLock({ $0 }) else { return }
        while let event = queue.poll() {
            guard event.kind == RD_KAFKA_EVENT_DR else {
                if event.kind == RD_KAFKA_EVENT_ERROR, event.isFatal { state.withLock { $0.isBroken = true } }
                _ = event.report(to: log)
                continue
            }
            while let message = rd_kafka_event_message_next(event.raw) { finish(message.pointee) }
        }
    }

    private func finish(_ message: rd_kafka_message_t) {
        let number = Int(bitPattern: message._private)
        guard let ticket = state.withLock({ $0.tickets.removeValue(forKey: number) }) else { return }
        let event = ticket.request.events[ticket.place]
        let error =
            message.err == RD_KAFKA_RESP_ERR_NO_ERROR
            ? nil : KafkaError(.broker, "event \(event.source) \(event.id) was not acknowledged", message.err)
        if let next = ticket.request.finished(ticket.place, error) { send(next, of: ticket.request) }
    }

    /// Gives what is under way a little time; waits, so never on a loop.
    func flush() { rd_kafka_flush(client.raw, 3000) }

    /// Sends and hears nothing more. On the loop.
    func shut() {
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.tickets = [:] }
            return state.tickets.sorted { $0.key < $1.key }.map(\.value)
        }
        for ticket in left {
            _ = ticket.request.finished(ticket.place, KafkaError(.closed, "the event log is closed"))
        }
        let queue = queue.withLock { queue in
            defer { queue = nil }
            return queue
        }
        queue?.close()
    }
}
