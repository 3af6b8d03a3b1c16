public import Kernel
import Runtime
public import Storage

/// A service's database on a PostgreSQL server: its tables are in a schema of its own.
///
/// Transactions are serializable: one that the server could not fit into an order is begun anew, its body run again.
/// Connections are driven by the loop; bodies run where their caller runs. A transaction whose connection is lost while
/// it commits may have been stored after all: repeat it with the same identifiers.
public final class PostgreSQLDatabase: Database {
    private let loop: EventLoop
    private let settings: PostgreSQLSettings
    private let pool: Pool
    /// How often a body is run at most.
    private static let tries = 200

    /// Connects when it is first used. Throws `StorageError` where the loop has no sockets, as under simulation.
    public init(_ settings: PostgreSQLSettings, loop: any Loop) throws(StorageError) {
        guard let loop = loop as? EventLoop else {
            throw StorageError(.unavailable, "PostgreSQL needs real sockets: it does not run under simulation")
        }
        self.loop = loop
        self.settings = settings
        pool = Pool(settings, loop: loop)
    }

    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        try await repeating("BEGIN ISOLATION LEVEL SERIALIZABLE") { try await body(PostgreSQLTransaction(session: $0)) }
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        try await repeating("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") {
            try await body(PostgreSQLTransaction(session: $0))
        }
    }

    public func migrate(_ migrations: [Migration]) async throws {
        let time = loop.now.description
        // Each statement sees what was committed before it: above all, what the one who had the lock before has done.
        try await repeating("BEGIN ISOLATION LEVEL READ COMMITTED", isPatient: true) { [settings] session in
            try await Migrator(session: session, schema: settings.schema, time: time).run(migrations)
        }
    }

    public func check() async throws {
        try await repeating("BEGIN READ ONLY") { _ = try await $0.run("SELECT 1") }
    }

    public func close() async {
        await withCheckedContinuation { continuation in
            loop.execute { [pool] in pool.close { continuation.resume() } }
        }
    }

    package var schema: String { settings.schema }

    /// Runs a statement of one's own: for tests.
    package func execute(_ sql: String) async throws {
        try await repeating("BEGIN") { _ = try await $0.run(sql) }
    }

    private func repeating<Value: Sendable>(
        _ begin: String, isPatient: Bool = false, _ body: (Session) async throws -> Value
    ) async throws -> Value {
        var losses = 0
        for number in 1...Self.tries {
            switch try await once(begin, isPatient, body) {
            case .ended(let result): return try result.get()
            case .again(let error):
                losses += error.isLost ? 1 : 0
                if losses > 2 { throw error.storageError(at: settings.name) }
                // At random, or those who met would meet again.
                let limit = UInt64(min(number, 10)) * 2_000
                try await loop.sleep(for: .microseconds(Int64(loop.random() % limit)))
            }
        }
        throw StorageError(.unavailable, "\(settings.name): too many transactions want the same rows")
    }

    private enum Outcome<Value: Sendable>: Sendable {
        case ended(Result<Value, any Error>)
        case again(ServerError)
    }

    private func once<Value: Sendable>(
        _ begin: String, _ isPatient: Bool, _ body: (Session) async throws -> Value
    ) async throws -> Outcome<Value> {
        let connection = try await take()
        let session = Session(connection, loop: loop, place: settings.name, isPatient: isPatient)
        defer { giveBack(connection) }
        do {
            _ = try await session.send(begin)
        } catch {
            if error.isLost { return .again(error) }
            return .ended(.failure(error.storageError(at: settings.name)))
        }
        let result: Result<Value, any Error>
        do { result = .success(try await body(session)) } catch { result = .failure(error) }
        session.end()
        if let failure = session.failure {
            await undo(session, connection)
            if failure.isLost || failure.isConflict { return .again(failure) }
            guard case .success = result else { return .ended(result) }
            return .ended(.failure(failure.storageError(at: settings.name)))
        }
        guard case .success = result else {
            await undo(session, connection)
            return .ended(result)
        }
        return await commit(session, result)
    }

    private func commit<Value: Sendable>(
        _ session: Session, _ result: Result<Value, any Error>
    ) async -> Outcome<Value> {
        do {
            guard try await session.send("COMMIT").tag == "COMMIT" else {
                return .ended(.failure(StorageError(.internalFailure, "\(settings.name): nothing was stored")))
            }
        } catch {
            if error.isConflict { return .again(error) }
            let unknown = "\(settings.name): the connection was lost while committing; it may have been stored"
            return .ended(.failure(StorageError(.unavailable, unknown)))
        }
        for hook in session.takeHooks() { hook() }
        return .ended(result)
    }

    /// What cannot be rolled back is closed: the server does it then.
    private func undo(_ session: Session, _ connection: Connection) async {
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
