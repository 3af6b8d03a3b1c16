import Kernel
import Runtime
package import Storage
import Synchronization

/// One transaction on a connection: it ends with its closure, and remembers what went wrong on the way.
///
/// Where the connection is pipelined, a first run assumes: what is inserted is new, what is replaced is of the version
/// that was read. Such a statement is posted and the closure goes on; the server stops at the first that is otherwise,
/// and all of it runs again, asking each time.
package final class Session<Connection: ServerConnection>: Sendable {
    private struct State {
        var isOpen = true
        var hasBegun: Bool
        var failure: ServerError?
        /// Whether what failed was posted.
        var hasAssumedWrongly = false
        /// How many that were posted have no answer yet.
        var posted = 0
        var hasPrefetched = false
        var prefetched: Int64?
        /// By which the server knows the transaction.
        var transaction: Int64?
        var savepoints = 0
        var hooks: [@Sendable () -> Void] = []
    }
    private let state: Mutex<State>
    private let connection: Connection
    private let loop: EventLoop
    package let place: String
    private let isPatient: Bool
    /// Whether what is written may be posted.
    package let assumes: Bool

    /// `begin` is `nil` if each statement is a transaction of its own.
    init(
        _ connection: Connection, loop: EventLoop, place: String, begin: String?, isPatient: Bool, assumes: Bool
    ) async throws(ServerError) {
        self.connection = connection
        self.loop = loop
        self.place = place
        self.isPatient = isPatient
        self.assumes = assumes && Connection.isPipelined
        state = Mutex(State(hasBegun: begin == nil))
        guard let begin else { return }
        if Connection.isPipelined {
            post(begin, []) { state, _ in state.hasBegun = true }
        } else {
            _ = try await send(begin)
            state.withLock { $0.hasBegun = true }
        }
    }

    // MARK: Statements

    /// Runs a statement of the closure.
    package func run(_ sql: String, _ values: [SQLValue]? = nil) async throws(StorageError) -> Connection.Rows {
        try checkOpen()
        do {
            return try await send(sql, values)
        } catch {
            throw error.storageError(at: place)
        }
    }

    /// Runs a statement of the closure whose answer says nothing unless it fails: at once if possible, and then the
    /// transaction fails with it.
    package func post(_ sql: String, _ values: [SQLValue]?) async throws(StorageError) {
        guard assumes else {
            _ = try await run(sql, values)
            return
        }
        try checkOpen()
        post(sql, values) { _, _ in }
    }

    /// Asks for a number that the closure will probably want and for the transaction's, together with what it asks
    /// next; once.
    package func prefetch(_ sql: String) {
        let isDue = state.withLock { state in
            defer { state.hasPrefetched = true }
            return assumes && !state.hasPrefetched
        }
        guard isDue else { return }
        post(sql, []) { state, rows in
            state.prefetched = rows.integer(0, 0)
            state.transaction = rows.integer(0, 1)
        }
    }

    /// Both came with something else.
    package func prefetched(_ number: Int64, transaction: Int64) {
        state.withLock { state in
            state.hasPrefetched = true
            state.prefetched = number
            state.transaction = transaction
        }
    }

    /// Asks what became of the transaction; `nil` if the server cannot tell.
    var outcomeQuery: (sql: String, values: [SQLValue])? {
        state.withLock { $0.transaction }.flatMap { connection.outcomeQuery(of: $0) }
    }

    /// Takes the prefetched number, once, if there is one.
    package func takePrefetched() -> Int64? {
        state.withLock { state in
            defer { state.prefetched = nil }
            return state.prefetched
        }
    }

    /// Runs a statement of the driver's own, or of the closure.
    func send(_ sql: String, _ values: [SQLValue]? = nil) async throws(ServerError) -> Connection.Rows {
        let result = await withCheckedContinuation { continuation in
            give(sql, values, isDeferred: false) { continuation.resume(returning: $0) }
        }
        if case .failure(let error) = result { _ = note(error) }
        return try result.get()
    }

    private func post(
        _ sql: String, _ values: [SQLValue]?, _ answered: @escaping @Sendable (inout State, Connection.Rows) -> Void
    ) {
        state.withLock { $0.posted += 1 }
        give(sql, values, isDeferred: true) { [self] result in
            state.withLock { state in
                state.posted -= 1
                switch result {
                case .success(let rows): answered(&state, rows)
                case .failure(let error):
                    guard state.failure == nil else { return }
                    state.failure = error
                    state.hasAssumedWrongly = assumes && error.mayBeAssumption
                }
            }
        }
    }

    private func give(
        _ sql: String, _ values: [SQLValue]?, isDeferred: Bool,
        _ finish: @escaping @Sendable (Result<Connection.Rows, ServerError>) -> Void
    ) {
        loop.runOrExecute { [connection, isPatient] in
            connection.run(
                Command(sql: sql, values: values, isPatient: isPatient, isDeferred: isDeferred, finish: finish))
        }
    }

    private func checkOpen() throws(StorageError) {
        guard state.withLock({ $0.isOpen }) else {
            throw StorageError(.internalFailure, "a transaction was used outside of its closure")
        }
    }

    // MARK: The end

    /// From now on nobody can use it.
    func end() { state.withLock { $0.isOpen = false } }

    /// Waits for what was posted, where it matters how it ended: the closure may have failed of it, and what is to be
    /// rolled back would be skipped behind it. And nothing is committed before it has begun, or a connection that had
    /// been gone all the time would look like one that was lost while it committed.
    func settle(isFailing: Bool) async {
        let isDue = state.withLock { $0.posted > 0 && (isFailing || !$0.hasBegun || $0.failure != nil) }
        if isDue { _ = try? await send("SELECT 1", []) }
    }

    /// `COMMIT`, or `ROLLBACK`.
    func end(by sql: String) async throws(ServerError) {
        _ = try await send(sql, Self.noValues)
    }

    /// Where nothing was written, nobody waits for the commit.
    func commitWithoutWaiting() {
        give("COMMIT", Self.noValues, isDeferred: false) { _ in }
    }

    /// Statements that are sent again and again are prepared if the server can do so.
    private static var noValues: [SQLValue]? { Connection.isPipelined ? [] : nil }

    /// The error that made the transaction as a whole fail, also if the closure caught it.
    var failure: ServerError? { state.withLock { $0.failure } }
    /// Whether the server itself has refused something: then it commits nothing, whatever becomes of the connection.
    var isRefused: Bool {
        switch failure?.kind {
        case .conflict, .unexpected: true
        case .refused: Connection.isFailedCommitUndone
        case .lost, .silent, .delayed, .taken, nil: false
        }
    }
    /// Whether the connection was gone before anything was asked of it.
    var isStale: Bool { state.withLock { !$0.hasBegun && $0.failure?.kind == .lost } }
    /// Whether it may succeed where it asks each time.
    var hasAssumedWrongly: Bool { state.withLock { $0.hasAssumedWrongly } }

    /// Notes a failure that is not the server's own; gives it in the words of `Storage`.
    package func note(_ error: ServerError) -> StorageError {
        if case .taken = error.kind { return error.storageError(at: place) }
        state.withLock { if $0.failure == nil { $0.failure = error } }
        return error.storageError(at: place)
    }

    // MARK: Savepoints

    /// How many have begun or were undone: the same number says that nothing was undone in between.
    package var savepoints: Int { state.withLock { $0.savepoints } }

    func nextSavepoint() -> String {
        state.withLock { state in
            state.savepoints += 1
            return "s\(state.savepoints)"
        }
    }

    /// Clears an error that the rolled-back savepoint has undone, unless all of the transaction has to run again.
    func clearFailureAfterRollbackToSavepoint() {
        state.withLock { state in
            guard let failure = state.failure, !failure.needsRepetition, !state.hasAssumedWrongly else { return }
            state.failure = nil
        }
    }

    /// Notes that everything since the last savepoint is undone.
    func undoneSavepoint() { state.withLock { $0.savepoints += 1 } }

    // MARK: Hooks

    func add(hook: @escaping @Sendable () -> Void) { state.withLock { if $0.isOpen { $0.hooks.append(hook) } } }
    var hookCount: Int { state.withLock { $0.hooks.count } }
    func dropHooks(after count: Int) { state.withLock { $0.hooks.removeSubrange(count...) } }
    func takeHooks() -> [@Sendable () -> Void] {
        state.withLock { state in
            defer { state.hooks = [] }
            return state.hooks
        }
    }
}
