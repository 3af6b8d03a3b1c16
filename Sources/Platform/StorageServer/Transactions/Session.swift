import Kernel
import Runtime
package import Storage
import Synchronization

/// One transaction on a connection: it ends with its body, and remembers what went wrong on the way.
package final class Session<Connection: ServerConnection>: Sendable {
    private struct State {
        var isOpen = true
        var failure: ServerError?
        var savepoints = 0
        var hooks: [@Sendable () -> Void] = []
    }
    private let state = Mutex(State())
    private let connection: Connection
    private let loop: EventLoop
    package let place: String

    private let isPatient: Bool

    init(_ connection: Connection, loop: EventLoop, place: String, isPatient: Bool) {
        self.connection = connection
        self.loop = loop
        self.place = place
        self.isPatient = isPatient
    }

    /// What made the transaction as a whole fail, whoever hid it from the body's end.
    var failure: ServerError? { state.withLock { $0.failure } }

    /// From now on nobody can use it.
    func end() { state.withLock { $0.isOpen = false } }

    /// Runs a statement of the body.
    package func run(_ sql: String, _ values: [SQLValue]? = nil) async throws(StorageError) -> Connection.Rows {
        guard state.withLock({ $0.isOpen }) else {
            throw StorageError(.internalFailure, "a transaction was used outside of its body")
        }
        do {
            return try await send(sql, values)
        } catch {
            throw error.storageError(at: place)
        }
    }

    /// Runs a statement of the driver's own, or of the body.
    func send(_ sql: String, _ values: [SQLValue]? = nil) async throws(ServerError) -> Connection.Rows {
        let result = await withCheckedContinuation { continuation in
            let send: @Sendable () -> Void = { [connection, isPatient] in
                connection.run(
                    Command(sql: sql, values: values, isPatient: isPatient) {
                        continuation.resume(returning: $0)
                    })
            }
            if loop.isCurrent { send() } else { loop.execute(send) }
        }
        if case .failure(let error) = result { _ = note(error) }
        return try result.get()
    }

    /// Notes a failure that is not the server's own; gives it in the words of `Storage`.
    package func note(_ error: ServerError) -> StorageError {
        if case .taken = error.kind { return error.storageError(at: place) }
        state.withLock { if $0.failure == nil { $0.failure = error } }
        return error.storageError(at: place)
    }

    // MARK: Savepoints

    func nextSavepoint() -> String {
        state.withLock { state in
            state.savepoints += 1
            return "s\(state.savepoints)"
        }
    }

    /// What a savepoint undid did not make the transaction fail, unless all of it has to run again.
    func forgive() {
        state.withLock { if let failure = $0.failure, !failure.needsRepetition { $0.failure = nil } }
    }

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
