package import Kernel
package import Runtime
package import Storage

/// Runs bodies in transactions on the connections of one server: again where the server asks for it, or where the
/// connection was lost before anything was committed.
package final class ServerDatabase<Source: Connector>: Sendable {
    package typealias Connection = Source.Connection

    package let loop: EventLoop
    private let settings: PoolSettings
    private let pool: Pool<Source>
    /// How often a body is run at most; how often after a connection was lost, or a lock waited for in vain.
    private let tries = (all: 200, lost: 3)

    /// Connects when it is first used. Throws `StorageError` where the loop has no sockets, as under simulation.
    package init(_ settings: PoolSettings, _ source: Source, loop: any Loop) throws(StorageError) {
        guard let loop = loop as? EventLoop else {
            throw StorageError(.unavailable, "a database server needs real sockets: it does not run under simulation")
        }
        self.loop = loop
        self.settings = settings
        pool = Pool(settings, source, loop: loop)
    }

    /// `begin` is the statement that begins a transaction; without one, each statement of the body is its own.
    package func run<Value: Sendable>(
        _ begin: String?, isPatient: Bool = false, _ body: (Session<Connection>) async throws -> Value
    ) async throws -> Value {
        var (losses, stale) = (0, 0)
        for number in 1...tries.all {
            switch try await once(begin, isPatient, body) {
            case .ended(let result): return try result.get()
            case .stale(let error):
                // As many as the pool can hold, after the server ended them all.
                stale += 1
                if stale > settings.connections + tries.lost { throw error.storageError(at: settings.name) }
            case .again(let error):
                losses += error.kind == .conflict ? 0 : 1
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

    private enum Outcome<Value: Sendable>: Sendable {
        case ended(Result<Value, any Error>)
        case again(ServerError)
        /// The connection was gone before anything was asked of it.
        case stale(ServerError)
    }

    private func once<Value: Sendable>(
        _ begin: String?, _ isPatient: Bool, _ body: (Session<Connection>) async throws -> Value
    ) async throws -> Outcome<Value> {
        let connection = try await take()
        let session = Session(connection, loop: loop, place: settings.name, isPatient: isPatient)
        defer { giveBack(connection) }
        do {
            if let begin { _ = try await session.send(begin) }
        } catch {
            if error.kind == .lost { return .stale(error) }
            return error.needsRepetition ? .again(error) : .ended(.failure(error.storageError(at: settings.name)))
        }
        let result: Result<Value, any Error>
        do { result = .success(try await body(session)) } catch { result = .failure(error) }
        session.end()
        if let failure = session.failure {
            await undo(session, connection)
            if failure.needsRepetition { return .again(failure) }
            guard case .success = result else { return .ended(result) }
            return .ended(.failure(failure.storageError(at: settings.name)))
        }
        guard case .success = result else {
            await undo(session, connection)
            return .ended(result)
        }
        return begin == nil ? .ended(result) : await commit(session, connection, result)
    }

    private func commit<Value: Sendable>(
        _ session: Session<Connection>, _ connection: Connection, _ result: Result<Value, any Error>
    ) async -> Outcome<Value> {
        do {
            _ = try await session.send("COMMIT")
        } catch {
            switch error.kind {
            case .conflict: return .again(error)
            case .refused: return .ended(.failure(error.storageError(at: settings.name)))
            case .lost, .silent, .delayed, .taken: break
            }
            loop.execute { connection.close() }
            let unknown = "\(settings.name): the commit was not answered; it may have been stored"
            return .ended(.failure(StorageError(.unavailable, unknown)))
        }
        for hook in session.takeHooks() { hook() }
        return .ended(result)
    }

    /// What cannot be rolled back is closed: the server does it then.
    private func undo(_ session: Session<Connection>, _ connection: Connection) async {
        do { _ = try await session.send("ROLLBACK") } catch { loop.execute { connection.close() } }
    }

    private func take() async throws(StorageError) -> Connection {
        try await withCheckedContinuation { continuation in
            let take: @Sendable () -> Void = { [pool] in pool.take { continuation.resume(returning: $0) } }
            if loop.isCurrent { take() } else { loop.execute(take) }
        }.get()
    }

    private func giveBack(_ connection: Connection) {
        loop.execute { [pool] in pool.giveBack(connection) }
    }
}
