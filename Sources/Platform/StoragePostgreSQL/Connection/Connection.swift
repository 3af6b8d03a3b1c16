import CPostgreSQL
import Kernel
import Runtime
import Storage
import StorageSQLClient

/// One connection to the server, in libpq's pipeline mode: statements go out without waiting for the answers to those
/// before them. Its socket is watched by the loop; everything here happens on the loop's thread.
final class Connection: ServerConnection, @unchecked Sendable {  // the loop's thread's own
    /// A request that the server has not answered yet.
    private enum PendingRequest {
        case preparation(sql: String)
        case deallocation
        case statement(Command<Rows>)
        /// A point at which the server sends its answers, and goes on after an error.
        case sync(isPatient: Bool)
    }
    private let loop: EventLoop
    private let handle: OpaquePointer
    /// The socket, stored because libpq forgets the number of a socket that it closes after a failure.
    private let socket: Int32
    private let timeout: Duration
    private var pending: [PendingRequest] = []
    /// The answer to the first pending request, as far as it has come.
    private var answer: Result<Rows, ServerError>?
    /// The error after which the server skips all statements up to the next sync.
    private var failure: ServerError?
    private var unsynced = 0
    private var prepared = StatementCache<String>()
    /// Names of evicted statements that the server still has to deallocate.
    private var evicted: [String] = []
    private var preparations = 0
    private var watched: Events = []
    private var deadline: ScheduledAction?
    private(set) var isOpen = true
    /// The largest number of statements without a sync.
    private static let segment = 64
    /// Called once when the connection is lost while nobody waits for an answer.
    var onLoss: (() -> Void)?

    /// The start of the server, in microseconds. A transaction number is valid for one run of a server only.
    private let serverStart: Int64

    static var isPipelined: Bool { true }
    static var isFailedCommitUndone: Bool { true }

    /// Takes over a connection that is established. A statement that has no answer after `timeout` ends it.
    init(_ established: Established, loop: EventLoop, timeout: Duration) {
        handle = established.handle
        serverStart = established.serverStart
        socket = PQsocket(handle)
        self.loop = loop
        self.timeout = timeout
        PQsetnonblocking(handle, 1)
        PQenterPipelineMode(handle)
        watch(.readable)
    }

    func run(_ command: Command<Rows>) {
        guard isOpen else { return command.finish(.failure(.lost("the connection was lost"))) }
        guard deallocateEvicted() else {
            command.finish(.failure(.lost(message)))
            return lose(message)
        }
        let isSent = send(command)
        pending.append(.statement(command))
        guard isSent else { return lose(message) }
        unsynced += 1
        // The server sends answers at a sync only, so that long batches need one in between.
        guard !command.isDeferred || unsynced == Self.segment else { return }
        unsynced = 0
        guard PQpipelineSync(handle) == 1 else { return lose(message) }
        pending.append(.sync(isPatient: command.isPatient))
        if !command.isPatient { expectAnswer() }
        flush()
    }

    func close() {
        onLoss = nil
        lose("the connection was closed")
    }

    /// A server that replaced another one has transaction numbers of its own, so the query also compares the server's
    /// start.
    func outcomeQuery(of transaction: Int64) -> (sql: String, values: [SQLValue])? {
        let sql = "SELECT txid_status($1) WHERE \(PostgreSQLConnector.serverStart) = $2"
        return (sql, [.integer(transaction), .integer(serverStart)])
    }

    // MARK: Sending

    /// Adds the statement to the data to send.
    private func send(_ command: Command<Rows>) -> Bool {
        let sql = command.sql
        let isPrepared = command.values == nil || prepare(sql)
        return Parameters(command.values ?? []).withPointers { count, values, lengths, formats in
            if let name = prepared.find(sql) {
                PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
            } else {
                PQsendQueryParams(handle, sql, count, nil, values, lengths, formats, 1)
            }
        } == 1 && isPrepared
    }

    /// Prepares the statement unless it is prepared already. Returns `false` if the connection is lost.
    private func prepare(_ sql: String) -> Bool {
        guard prepared.find(sql) == nil else { return true }
        preparations += 1
        let name = "s\(preparations)"
        if let old = prepared.insert(name, for: sql) { evicted.append(old) }
        pending.append(.preparation(sql: sql))
        return PQsendPrepare(handle, name, sql, 0, nil) == 1
    }

    /// Deallocates evicted statements; returns `false` if the connection is lost. This happens between transactions
    /// only and with a sync of its own: within a failed transaction the server would refuse it and skip the following
    /// statements, and within the next one it would take a snapshot too early.
    private func deallocateEvicted() -> Bool {
        guard !evicted.isEmpty, pending.isEmpty, PQtransactionStatus(handle) == PQTRANS_IDLE else { return true }
        let names = evicted.prefix(Self.segment)
        evicted = Array(evicted.dropFirst(Self.segment))
        for name in names {
            guard PQsendQueryParams(handle, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 1) == 1 else { return false }
            pending.append(.deallocation)
        }
        guard PQpipelineSync(handle) == 1 else { return false }
        pending.append(.sync(isPatient: false))
        return true
    }

    private func flush() {
        switch PQflush(handle) {
        case 0: watch(.readable)
        case 1: watch([.readable, .writable])
        default: lose(message)
        }
    }

    private func expectAnswer() {
        guard deadline == nil else { return }
        deadline = loop.schedule(after: timeout) { [weak self, timeout] in
            self?.lose(ServerError(.silent, "no answer within \(timeout)"))
        }
    }

    // MARK: Receiving

    private func ready(_ events: Events) {
        guard PQconsumeInput(handle) == 1 else { return lose(message) }
        if events.contains(.writable) { flush() }
        while isOpen, !pending.isEmpty, PQisBusy(handle) == 0 {
            if let result = PQgetResult(handle) {
                take(result)
            } else if answer != nil {
                finish()
            } else {
                // A null result precedes the answers after a sync.
                guard PQisBusy(handle) == 1 else { return lose("an answer without a result") }
            }
        }
        if isOpen, PQstatus(handle) == CONNECTION_BAD { lose(message) }
    }

    private func take(_ result: OpaquePointer) {
        let rows = Rows(result)
        switch PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC: synced()
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            if case .failure = answer { return }
            let unstored = ServerError(.refused(.internalFailure), "nothing was stored")
            answer = isStored(rows) ? .success(rows) : .failure(unstored)
        case PGRES_PIPELINE_ABORTED:
            answer = .failure(failure ?? ServerError(.refused(.internalFailure), "skipped without a reason"))
        default:
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
            let text = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
            let error = ServerError(state: state ?? "", message: text ?? message)
            // The connection ends; the following requests would get no answer.
            if error.kind == .lost { return lose(error) }
            failure = error
            answer = .failure(error)
        }
    }

    /// Returns `false` for the commit of a failed transaction, which the server answers with ROLLBACK.
    private func isStored(_ rows: Rows) -> Bool {
        guard case .statement(let command)? = pending.first, command.sql == "COMMIT" else { return true }
        return rows.tag == "COMMIT"
    }

    /// Completes the first pending request, whose answer is complete.
    private func finish() {
        guard let answer, !pending.isEmpty else { return }
        self.answer = nil
        switch pending.removeFirst() {
        case .statement(let command): command.finish(answer)
        case .preparation(let sql): if case .failure = answer { prepared.remove(sql) }
        case .deallocation: break
        case .sync: lose("an answer that nobody asked for")
        }
    }

    private func synced() {
        guard case .sync? = pending.first else { return lose("a sync that nobody asked for") }
        pending.removeFirst()
        failure = nil
        deadline?.cancel()
        deadline = nil
        for case .sync(isPatient: false) in pending { return expectAnswer() }
    }

    private func lose(_ reason: String) { lose(.lost(reason)) }

    private func lose(_ error: ServerError) {
        guard isOpen else { return }
        isOpen = false
        loop.unwatch(socket)
        deadline?.cancel()
        PQfinish(handle)
        let waiting = pending
        (pending, answer) = ([], nil)
        for case .statement(let command) in waiting { command.finish(.failure(error)) }
        onLoss?()
    }

    private func watch(_ events: Events) {
        guard watched != events else { return }
        watched = events
        loop.watch(socket, events) { [weak self] in self?.ready($0) }
    }

    private var message: String { String(cString: PQerrorMessage(handle)).trimmedLines }
}

extension String {
    /// libpq ends its messages with a line feed, and may have several of them.
    var trimmedLines: String { split(whereSeparator: \.isNewline).joined(separator: "; ") }
}
