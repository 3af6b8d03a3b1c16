import Kernel
import Messaging
import Synchronization

/// A subscriber that keeps what it gets in memory.
final class Recorder: Subscriber {
    let group = "recorder"
    let types: Set<String>
    private let pace: @Sendable () async throws -> Void
    private let received = Mutex<[(partition: LogPartition, logged: LoggedEvent)]>([])
    private let lags = Mutex<[LogPartition: Int64]>([:])

    /// `pace` is awaited before each batch.
    init(types: Set<String> = ["placed"], pace: @escaping @Sendable () async throws -> Void = {}) {
        self.types = types
        self.pace = pace
    }

    var events: [CloudEvent] { received.withLock { $0.map(\.logged.event) } }
    var lag: Int64 { lags.withLock { $0.values.reduce(0, +) } }

    func ids(of subject: String) -> [String] { events.filter { $0.subject == subject }.map(\.id) }

    /// By partition, in the order of receipt.
    var positions: [LogPartition: [Int64]] {
        received.withLock { received in
            Dictionary(grouping: received, by: \.partition).mapValues { $0.map(\.logged.position) }
        }
    }

    /// Where the log has the event.
    func place(of id: String) -> (partition: LogPartition, position: Int64)? {
        received.withLock { received in
            received.first { $0.logged.event.id == id }.map { ($0.partition, $0.logged.position) }
        }
    }

    func position(of partition: LogPartition) async throws -> Int64? { positions[partition]?.last }

    func handle(_ batch: [LoggedEvent], partition: LogPartition) async throws {
        try await pace()
        received.withLock { received in received += batch.map { (partition, $0) } }
    }

    func noticed(lag: Int64?, of partition: LogPartition) { lags.withLock { $0[partition] = lag } }
}

final class Names: Sendable {
    private let names = Mutex<[String]>([])
    var all: [String] { names.withLock { $0 } }
    func add(_ name: String) { names.withLock { $0.append(name) } }
}
