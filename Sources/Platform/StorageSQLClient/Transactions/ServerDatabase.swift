package import Kernel
package import Runtime
package import Storage

/// Runs transaction closures on the connections of one server, and again if the server asks for it, or if the
/// connection was lost before anything was committed.
package final class ServerDatabase<Source: Connector>: Sendable {
    package typealias Connection = Source.Connection

    package let loop: EventLoop
    private let settings: PoolSettings
    private let pool: Pool<Source>
    /// Leaves connections to those who look something up.
    private let scans: ScanGate
    private let reports: ScanGate
    /// How often a closure is run at most; how often after a connection was lost, or a lock waited for in vain.
    private let tries = (all: 200, lost: 3)

    /// Connects when it is first used. Throws `StorageError` where the loop has no sockets, as under simulation.
    package init(_ settings: PoolSettings, _ source: Source, loop: any Loop) throws(StorageError) {
        guard let loop = loop as? EventLoop else {
            throw StorageError(.unavailable, "a database server needs real sockets: it does not run under simulation")
        }
        self.loop = loop
        self.settings = settings
        pool = Pool(settings, source, loop: loop)
        var limits = settings.reads
        limits.scans = max(1, min(limits.scans, settings.connections / 2))
        scans = ScanGate(limits, loop: loop)
        reports = ScanGate(.reports, loop: loop)
    }

    /// Runs a read beside others of its weight. The server itself ends a scan that runs over its time; `body` is told
    /// how long that is.
    package func read<Value: Sendable>(
        _ kind: ReadKind, _ begin: String?,
        _ body: (Session<Connection>, _ limit: Duration?) async throws -> Value
    ) async throws -> Value {
        switch kind {
        case .lookup, .vital: try await run(begin, isReading: true) { try await body($0, nil) }
        case .scan(let isIndexed):
            try await scans.run(isIndexed: isIndexed) { _, stop in
                try await run(begin, isReading: true, stop: stop) { try await body($0, settings.reads.scanTime) }
            }
        case .report:
            try await reports.run(isIndexed: true) { _, stop in
                try await run(begin, isReading: true, stop: stop) { try await body($0, nil) }
            }
        }
    }

    package func endScans() {
        scans.end()
        reports.end()
    }

    /// `begin` is the statement that begins a transaction; without one, each statement of the closure is its own. One
    /// that only reads has nothing to lose when it ends.
    package func run<Value: Sendable>(
        _ begin: String?, isReading: Bool = false, isPatient: Bool = false, stop: ReadStop? = nil,
        _ body: (Session<Connection>) async throws -> Value
    ) async throws -> Value {
        var (losses, stale, assumes) = (0, 0, true)
        for number in 1...tries.all {
            try stop?.check()
            let connection = try await take(isReading)
            let outcome = await once(connection, begin, isReading, isPatient, assumes, body)
            giveBack(connection, isReading, after: outcome)
            switch outcome {
            case .ended(let result): return try result.get()
            case .unanswered(let result, let commit):
                guard let isStored = await isStored(commit.query) else {
                    throw StorageError.lostCommit(at: settings.name, commit.error.message)
                }
                if isStored {
                    for hook in commit.hooks { hook() }
                    return try result.get()
                }
                losses += 1
                if losses >= tries.lost { throw commit.error.storageError(at: settings.name) }
            case .assumedWrongly: assumes = false
            case .stale(let error):
                // As many as the pool can hold, after the server ended them all.
                stale += 1
                if stale > settings.connections + tries.lost { throw error.storageError(at: settings.name) }
            case .again(let error):
                losses += error.isConflict ? 0 : 1
                if losses >= tries.lost { throw error.storageError(at: settings.name) }
                // At random, or those who met would meet again.
                let limit = UInt64(min(number, 10)) * 2_000
                try await loop.sleep(for: .microseconds(Int64(loop.random() % limit)))
            }
        }
        throw StorageError(.unavailable, "\(settings.name): too many transactions want the same rows")
    }

    package func close() async {
        await withCheckedContinuation { continuation in
            loop.execute { [pool] in pool.close { continuation.resume() } }
        }
    }

    /// A commit whose answer is lost.
    private struct LostCommit: Sendable {
        let error: ServerError
        let query: (sql: String, values: [SQLValue])?
        let hooks: [@Sendable () -> Void]
    }

    private enum Outcome<Value: Sendable>: Sendable {
        case ended(Result<Value, any Error>)
        case unanswered(Result<Value, any Error>, LostCommit)
        case again(ServerError)
        /// The connection was gone before anything was asked of it.
        case stale(ServerError)
        /// It may succeed where nothing is assumed.
        case assumedWrongly

        /// Whether others were in its way.
        var conflicted: Bool {
            if case .again(let error) = self { error.isConflict || error.kind == .delayed } else { false }
        }
    }

    private func once<Value: Sendable>(
        _ connection: Connection, _ begin: String?, _ isReading: Bool, _ isPatient: Bool, _ assumes: Bool,
        _ body: (Session<Connection>) async throws -> Value
    ) async -> Outcome<Value> {
        let session: Session<Connection>
        do {
            session = try await Session(
                connection, loop: loop, place: settings.name, begin: begin, isPatient: isPatient, assumes: assumes)
        } catch {
            if error.kind == .lost { return .stale(error) }
            return error.needsRepetition ? .again(error) : .ended(.failure(error.storageError(at: settings.name)))
        }
        let result: Result<Value, any Error>
        do { result = .success(try await body(session)) } catch { result = .failure(error) }
        session.end()
        guard case .success = result else {
            await session.settle(isFailing: true)
            return await undone(session, connection, result)
        }
        await session.settle(isFailing: false)
        guard session.failure == nil else { return await undone(session, connection, result) }
        guard begin != nil else { return .ended(result) }
        guard !isReading else {
            session.commitWithoutWaiting()
            return .ended(result)
        }
        return await commit(session, connection, result)
    }

    private func commit<Value: Sendable>(
        _ session: Session<Connection>, _ connection: Connection, _ result: Result<Value, any Error>
    ) async -> Outcome<Value> {
        do {
            try await session.end(by: "COMMIT")
        } catch {
            if session.isRefused { return await undone(session, connection, result) }
            let lost = LostCommit(error: error, query: session.outcomeQuery, hooks: session.takeHooks())
            loop.runOrExecute { connection.close() }
            return .unanswered(result, lost)
        }
        for hook in session.takeHooks() { hook() }
        return .ended(result)
    }

    /// Asks the server what became of a commit that it did not answer; `nil` if it cannot tell in time. Until the lost
    /// connection's end has reached the server, the transaction may be under way.
    private func isStored(_ query: (sql: String, values: [SQLValue])?) async -> Bool? {
        guard let query else { return nil }
        let limit = loop.uptime + settings.connectTimeout
        while loop.uptime < limit {
            switch try? await ask(query) {
            case "committed": return true
            case "aborted": return false
            case "in progress", nil: break
            default: return nil
            }
            do { try await loop.sleep(for: .milliseconds(50)) } catch { return nil }
        }
        return nil
    }

    private func ask(_ query: (sql: String, values: [SQLValue])) async throws -> String {
        let connection = try await take(true)
        let session = try? await Session(
            connection, loop: loop, place: settings.name, begin: nil, isPatient: false, assumes: false)
        let rows = try? await session?.send(query.sql, query.values)
        giveBack(connection, true, after: Outcome<Void>.ended(.success(())))
        guard let rows else { throw StorageError(.unavailable, "\(settings.name): no answer") }
        return rows.count == 0 ? "" : rows.text(0, 0)
    }

    /// Rolls back, and says what follows. What cannot be rolled back is closed: the server does it then.
    private func undone<Value: Sendable>(
        _ session: Session<Connection>, _ connection: Connection, _ result: Result<Value, any Error>
    ) async -> Outcome<Value> {
        let failure = session.failure
        if session.isStale, let failure { return .stale(failure) }
        do { try await session.end(by: "ROLLBACK") } catch { loop.runOrExecute { connection.close() } }
        guard let failure else { return .ended(result) }
        if session.hasAssumedWrongly { return .assumedWrongly }
        if failure.needsRepetition { return .again(failure) }
        guard case .success = result else { return .ended(result) }
        return .ended(.failure(failure.storageError(at: settings.name)))
    }

    private func take(_ isReading: Bool) async throws(StorageError) -> Connection {
        try await withCheckedContinuation { continuation in
            loop.runOrExecute { [pool] in
                pool.take(isWriting: !isReading) { continuation.resume(returning: $0) }
            }
        }.get()
    }

    /// At once where that can be: who gives a connection back and takes another finds the first one known to be lost.
    private func giveBack<Value>(_ connection: Connection, _ isReading: Bool, after outcome: Outcome<Value>) {
        let conflicted = outcome.conflicted
        loop.runOrExecute { [pool] in
            pool.giveBack(connection, isWriting: !isReading, conflicted: conflicted)
        }
    }
}
