package import Kernel
import Synchronization

/// The readers of a database whose engine works on threads of its own: one for look-ups, one for what keeps the service
/// going, and, once they are needed, some for scans and one for reports.
package final class ReaderPool<Engine>: Sendable {
    private struct Lane {
        let gate: WorkerGate
        let queue: BatchQueue<any TransactionJob<Engine>>
        let connection: any WorkerConnection<Engine>
    }
    private enum Slot: Hashable {
        case report
        case scan(Int)
    }
    private let loop: any Loop
    private let name: String
    private let batchSize: Int
    private let makeReader: @Sendable (ReadKind) -> any WorkerConnection<Engine>
    private let lookups: Lane
    private let vital: Lane
    private let gate: ScanGate
    private let reportGate: ScanGate
    /// `nil` once it is closed.
    private let others = Mutex<[Slot: Lane]?>([:])

    /// `makeReader` makes the connection of one reader, for one kind of read.
    package init(
        named name: String, loop: any Loop, limits: ReadLimits, batchSize: Int,
        makeReader: @escaping @Sendable (ReadKind) -> any WorkerConnection<Engine>
    ) {
        self.loop = loop
        self.name = name
        self.batchSize = batchSize
        self.makeReader = makeReader
        gate = ScanGate(limits, loop: loop)
        reportGate = ScanGate(.reports, loop: loop)
        lookups = Self.lane(.lookup, name, loop, batchSize, makeReader)
        vital = Self.lane(.vital, "\(name)-vital", loop, batchSize, makeReader)
    }

    package func run<Value: Sendable>(
        _ kind: ReadKind, _ body: @escaping @Sendable (TransactionClosureScope<Engine>) async throws -> Value
    ) async throws -> Value {
        switch kind {
        case .lookup: return try await lookups.queue.run(on: lookups.gate.worker, loop, body)
        case .vital: return try await vital.queue.run(on: vital.gate.worker, loop, body)
        case .scan(let isIndexed):
            return try await gate.run(isIndexed: isIndexed) { place, stop in
                let lane = try lane(.scan(place), kind)
                return try await lane.queue.run(on: lane.gate.worker, loop, stop: stop, body)
            }
        case .report:
            return try await reportGate.run(isIndexed: true) { _, stop in
                let lane = try lane(.report, kind)
                return try await lane.queue.run(on: lane.gate.worker, loop, stop: stop, body)
            }
        }
    }

    /// Runs `body` on the thread of look-ups.
    package func onLookups<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await lookups.gate.run(body)
    }

    /// Runs `body` on the thread of what keeps the service going.
    package func onVital<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await vital.gate.run(body)
    }

    /// Ends scans and reports, those that run and those to come.
    package func endScans() {
        gate.end()
        reportGate.end()
    }

    /// Gives up what the readers keep in memory, each when it has time.
    package func releaseMemory() {
        let lanes = others.withLock { $0.map { Array($0.values) } ?? [] }
        for lane in lanes + [lookups, vital] { try? lane.gate.submit { lane.connection.releaseMemory() } }
    }

    package func close() async {
        endScans()
        let lanes = others.withLock { others in
            defer { others = nil }
            return others.map { Array($0.values) } ?? []
        }
        for lane in lanes + [lookups, vital] { await lane.gate.close { lane.connection.close() } }
    }

    /// Closes what the readers have open without waiting for anybody: only if no worker runs.
    package func abandon() {
        let lanes = others.withLock { $0.map { Array($0.values) } ?? [] }
        for lane in lanes + [lookups, vital] { lane.connection.close() }
    }

    private func lane(_ slot: Slot, _ kind: ReadKind) throws(StorageError) -> Lane {
        let lane = others.withLock { others -> Lane? in
            if let lane = others?[slot] { return lane }
            guard others != nil else { return nil }
            let made = Self.lane(kind, "\(name)-scan", loop, batchSize, makeReader)
            others?[slot] = made
            return made
        }
        guard let lane else { throw StorageError(.closed, "the database is closed") }
        return lane
    }

    private static func lane(
        _ kind: ReadKind, _ name: String, _ loop: any Loop, _ batchSize: Int,
        _ makeReader: (ReadKind) -> any WorkerConnection<Engine>
    ) -> Lane {
        let connection = makeReader(kind)
        let gate = WorkerGate(loop.makeWorker(named: name))
        let batches = GroupCommit(connection: connection, loop: loop, counter: nil)
        let queue = BatchQueue(gate: gate, batchSize: batchSize) { batches.run($0) }
        return Lane(gate: gate, queue: queue, connection: connection)
    }
}

extension ReadLimits {
    /// One report at a time, for up to an hour.
    package static var reports: ReadLimits {
        var limits = ReadLimits()
        limits.scans = 1
        limits.waitingScans = 64
        limits.scanTime = .seconds(3600)
        return limits
    }
}
