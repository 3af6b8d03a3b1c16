import Kernel
import Messaging
import Runtime
import Synchronization

/// A consumer group of its own that shows events and stores nothing, so each run starts at the given position.
final class EventTail: Subscriber {
    let group: String
    let types: Set<String>
    private let key: String?
    private let limit: Int
    private let print: @Sendable (CloudEvent) -> Void
    private let state = Mutex(State())
    private let ended = Signal()

    private struct State {
        var positions: [LogPartition: Int64] = [:]
        var shown = 0
    }

    init(
        types: Set<String>, key: String?, limit: Int, identity: UInt64, print: @escaping @Sendable (CloudEvent) -> Void
    ) {
        // Two tails must not share the partitions between them.
        group = "tail-" + hexadecimal(identity, digits: 16)
        self.types = types
        self.key = key
        self.limit = limit
        self.print = print
    }

    /// Returns at Ctrl-C, after the wanted number of events, or when the reader has closed the pipe.
    func run(on log: any EventLog, from start: TailStart, loop: EventLoop) async throws {
        switch start {
        case .begin: break
        case .now: try await begin(at: loop.now, of: log)
        case .time(let time): try await begin(at: time, of: log)
        }
        let delivery = loop.start { [ended] in
            defer { ended.raise() }
            try? await log.deliver(to: self)
        }
        let signals = SignalThread { [ended] in ended.raise() }
        while state.withLock({ $0.shown }) < limit, !signals.isRaised, !Console.isAbandoned {
            await ended.wait(on: loop, atMost: .seconds(1))
        }
        delivery.cancel()
        await delivery.value
    }

    private func begin(at time: Timestamp, of log: any EventLog) async throws {
        let positions = try await log.positions(before: time)
        state.withLock { $0.positions = positions }
    }

    func position(of partition: LogPartition) -> Int64? { state.withLock { $0.positions[partition] } }

    func handle(_ batch: [LoggedEvent], partition: LogPartition) {
        let shown = state.withLock { state in
            let known = state.positions[partition] ?? .min
            var new = batch.filter { $0.position > known && types.contains($0.event.type) }.map(\.event)
            if let key { new.removeAll { $0.subject != key } }
            let shown = new.prefix(limit - state.shown)
            state.shown += shown.count
            if let last = batch.last { state.positions[partition] = max(known, last.position) }
            return shown
        }
        for event in shown { print(event) }
        if state.withLock({ $0.shown }) >= limit { ended.raise() }
    }
}
