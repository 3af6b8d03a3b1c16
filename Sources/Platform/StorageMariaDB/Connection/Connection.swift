import CMariaDB
import Glibc
import Kernel
import Runtime
import StorageSQLClient

/// One connection to the server. The library's calls are begun here and continued whenever the loop finds the socket
/// ready; everything happens on the loop's thread.
final class Connection: ServerConnection, @unchecked Sendable {  // the loop's thread's own
    /// A call of the library that waits for the socket.
    private struct Call {
        let proceed: (Int32) -> Int32
        let done: () -> Void
    }
    private let loop: EventLoop
    private let handle: UnsafeMutablePointer<MYSQL>
    /// Kept: the library closes a socket that failed by itself, and then tells no number.
    private let socket: Int32
    private let timeout: Duration
    private var queue: [Command<Rows>] = []
    private var current: Command<Rows>?
    private var call: Call?
    private var prepared = StatementCache<PreparedStatement>()
    private var watched: Events = []
    private var deadline: ScheduledAction?
    private(set) var isOpen = true
    var onLoss: (() -> Void)?

    static var isPipelined: Bool { false }
    /// The binary log may fail after the engine has committed.
    static var isFailedCommitUndone: Bool { false }

    /// Takes over a connection that is established. A statement that has no answer after `timeout` ends it.
    init(_ established: Established, loop: EventLoop, timeout: Duration) {
        handle = established.handle
        socket = mysql_get_socket(handle)
        self.loop = loop
        self.timeout = timeout
        watch(.readable)
    }

    func run(_ command: Command<Rows>) {
        guard isOpen else { return command.finish(.failure(.lost("the connection was lost"))) }
        queue.append(command)
        if current == nil { beginNext() }
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        loop.unwatch(socket)
        deadline?.cancel()
        // In the middle of a call, or with a server that is silent, a farewell would have to be waited for.
        if call != nil, mysql_get_socket(handle) == socket { shutdown(socket, Int32(SHUT_RDWR)) }
        call = nil
        mysql_close(handle)
        prepared.removeAll()
    }

    // MARK: Statements

    private func beginNext() {
        guard !queue.isEmpty else { return }
        let command = queue.removeFirst()
        current = command
        if !command.isPatient {
            deadline = loop.schedule(after: timeout) { [weak self, timeout] in
                self?.lose(ServerError(.silent, "no answer within \(timeout)"))
            }
        }
        if let values = command.values {
            withStatement(command.sql) { [self] in execute($0, StatementValues(values)) }
        } else {
            query(command.sql)
        }
    }

    private func query(_ sql: String) {
        let (text, code) = (StatementText(sql), CallResult<Int32>(0))
        begin {
            mysql_real_query_start(code.pointer, handle, text.start, text.count)
        } proceed: { [handle] in
            mysql_real_query_cont(code.pointer, handle, $0)
        } done: { [self] in
            // Without values nothing is asked for.
            withExtendedLifetime(text) {}
            finish(code.value == 0 ? .success(Rows(changes: Int(mysql_affected_rows(handle)))) : .failure(handle.error))
        }
    }

    private func withStatement(_ sql: String, _ body: @escaping (PreparedStatement) -> Void) {
        if let statement = prepared.find(sql) { return body(statement) }
        guard let statement = PreparedStatement(handle) else { return lose("no memory for a statement") }
        let (text, code) = (StatementText(sql), CallResult<Int32>(0))
        begin {
            mysql_stmt_prepare_start(code.pointer, statement.handle, text.start, text.count)
        } proceed: {
            mysql_stmt_prepare_cont(code.pointer, statement.handle, $0)
        } done: { [self] in
            withExtendedLifetime(text) {}
            guard code.value == 0 else { return finish(.failure(statement.error)) }
            _ = prepared.insert(statement, for: sql)
            body(statement)
        }
    }

    private func execute(_ statement: PreparedStatement, _ values: StatementValues) {
        guard statement.bind(values) else { return finish(.failure(statement.error)) }
        let code = CallResult<Int32>(0)
        begin {
            mysql_stmt_execute_start(code.pointer, statement.handle)
        } proceed: {
            mysql_stmt_execute_cont(code.pointer, statement.handle, $0)
        } done: { [self] in
            withExtendedLifetime(values) {}
            guard code.value == 0 else { return finish(.failure(statement.error)) }
            guard mysql_stmt_field_count(statement.handle) > 0 else {
                return finish(.success(Rows(changes: Int(mysql_stmt_affected_rows(statement.handle)))))
            }
            fetch(statement)
        }
    }

    /// Brings all rows here.
    private func fetch(_ statement: PreparedStatement) {
        let code = CallResult<Int32>(0)
        begin {
            mysql_stmt_store_result_start(code.pointer, statement.handle)
        } proceed: {
            mysql_stmt_store_result_cont(code.pointer, statement.handle, $0)
        } done: { [self] in
            guard code.value == 0, let rows = statement.rows() else { return finish(.failure(statement.error)) }
            finish(.success(rows))
        }
    }

    // MARK: The socket

    private func begin(
        _ start: () -> Int32, proceed: @escaping (Int32) -> Int32, done: @escaping () -> Void
    ) {
        let status = start()
        guard status != 0 else { return done() }
        call = Call(proceed: proceed, done: done)
        watch(Events(waiting: status))
    }

    private func ready(_ events: Events) {
        guard let call else { return lose("the server ended the connection") }
        let status = call.proceed(events.status)
        guard status == 0 else { return watch(Events(waiting: status)) }
        self.call = nil
        call.done()
    }

    private func finish(_ result: Result<Rows, ServerError>) {
        if case .failure(let error) = result, error.kind == .lost { return lose(error.message) }
        guard let command = current else { return }
        deadline?.cancel()
        current = nil
        // Whatever comes between two statements says that it is over.
        watch(.readable)
        command.finish(result)
        // What was told may have closed it, or asked for more.
        if isOpen, current == nil { beginNext() }
    }

    private func lose(_ reason: String) { lose(.lost(reason)) }

    private func lose(_ error: ServerError) {
        guard isOpen else { return }
        let waiting = (current.map { [$0] } ?? []) + queue
        (current, queue) = (nil, [])
        close()
        for command in waiting { command.finish(.failure(error)) }
        onLoss?()
    }

    private func watch(_ events: Events) {
        guard isOpen, watched != events else { return }
        watched = events
        loop.watch(socket, events) { [weak self] in self?.ready($0) }
    }
}

extension Events {
    /// The events that the library waits for.
    fileprivate init(waiting status: Int32) {
        self = []
        if status & MYSQL_WAIT_READ != 0 { insert(.readable) }
        if status & MYSQL_WAIT_WRITE != 0 { insert(.writable) }
    }

    /// The events in the library's terms. It finds out by reading that a socket failed.
    fileprivate var status: Int32 {
        (contains(.readable) || contains(.failed) ? MYSQL_WAIT_READ : 0) | (contains(.writable) ? MYSQL_WAIT_WRITE : 0)
    }
}
