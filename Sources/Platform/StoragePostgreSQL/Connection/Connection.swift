import CPostgreSQL
import Kernel
import Runtime
import Storage
import StorageServer

/// One connection to the server. Its socket is watched by the loop; everything here happens on the loop's thread.
final class Connection: ServerConnection, @unchecked Sendable {  // the loop's thread's own
    private let loop: EventLoop
    private let handle: OpaquePointer
    /// Kept: libpq closes a socket that failed by itself, and then tells no number.
    private let socket: Int32
    private let timeout: Duration
    private var queue: [Command<Rows>] = []
    private var current: Command<Rows>?
    private var preparing: String?
    private var prepared: [String: String] = [:]
    private var result: Result<Rows, ServerError>?
    private var watched: Events = []
    private var deadline: ScheduledAction?
    private(set) var isOpen = true
    /// Texts are few, but for the conditions and orders that callers may choose.
    private static let preparedLimit = 256
    /// Called once when the connection is lost while nobody waits for an answer.
    var onLoss: (() -> Void)?

    /// Takes over a connection that is established. A statement that has no answer after `timeout` ends it.
    init(_ established: Established, loop: EventLoop, timeout: Duration) {
        handle = established.handle
        socket = PQsocket(handle)
        self.loop = loop
        self.timeout = timeout
        PQsetnonblocking(handle, 1)
        watch(.readable)
    }

    /// Runs a statement after those that were asked for before.
    func run(_ command: Command<Rows>) {
        guard isOpen else { return command.finish(.failure(.lost("the connection was lost"))) }
        queue.append(command)
        if current == nil { sendNext() }
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        loop.unwatch(socket)
        deadline?.cancel()
        PQfinish(handle)
    }

    // MARK: Sending

    private func sendNext() {
        guard !queue.isEmpty else { return }
        let command = queue.removeFirst()
        current = command
        if !command.isPatient {
            deadline = loop.schedule(after: timeout) { [weak self, timeout] in
                self?.lose(ServerError(.silent, "no answer within \(timeout)"))
            }
        }
        if command.values != nil, prepared[command.sql] == nil, prepared.count < Self.preparedLimit {
            let name = "s\(prepared.count)"
            preparing = name
            sent(PQsendPrepare(handle, name, command.sql, 0, nil))
        } else {
            sendWhole(command)
        }
    }

    private func sendWhole(_ command: Command<Rows>) {
        guard let values = command.values else { return sent(PQsendQuery(handle, command.sql)) }
        sent(
            Parameters(values).withPointers { count, values, lengths, formats in
                if let name = prepared[command.sql] {
                    PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
                } else {
                    PQsendQueryParams(handle, command.sql, count, nil, values, lengths, formats, 1)
                }
            })
    }

    private func sent(_ code: Int32) {
        guard code == 1 else { return lose(message) }
        flush()
    }

    private func flush() {
        switch PQflush(handle) {
        case 0: watch(.readable)
        case 1: watch([.readable, .writable])
        default: lose(message)
        }
    }

    // MARK: Receiving

    private func ready(_ events: Events) {
        guard PQconsumeInput(handle) == 1 else { return lose(message) }
        if events.contains(.writable) { flush() }
        while isOpen, current != nil, PQisBusy(handle) == 0 {
            guard let answer = PQgetResult(handle) else {
                finish()
                continue
            }
            take(answer)
        }
        if isOpen, PQstatus(handle) == CONNECTION_BAD { lose(message) }
    }

    private func take(_ answer: OpaquePointer) {
        let rows = Rows(answer)
        switch PQresultStatus(answer) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            if case .failure = result { return }
            // What became of a transaction that had failed.
            let isStored = current?.sql != "COMMIT" || rows.tag == "COMMIT"
            result = isStored ? .success(rows) : .failure(ServerError(.refused(.internalFailure), "nothing was stored"))
        default:
            let state = PQresultErrorField(answer, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
            let text = PQresultErrorField(answer, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
            result = .failure(ServerError(state: state ?? "", message: text ?? message))
        }
    }

    /// All results of what was sent are there.
    private func finish() {
        guard let command = current, let result else { return lose("an answer without a result") }
        self.result = nil
        deadline?.cancel()
        if let name = preparing {
            preparing = nil
            if case .success = result {
                prepared[command.sql] = name
                return sendWhole(command)
            }
        }
        current = nil
        command.finish(result)
        // What was told may have closed it, or asked for more.
        if isOpen, current == nil { sendNext() }
    }

    private func lose(_ reason: String) { lose(.lost(reason)) }

    private func lose(_ error: ServerError) {
        guard isOpen else { return }
        let waiting = (current.map { [$0] } ?? []) + queue
        (current, queue, result) = (nil, [], nil)
        close()
        for command in waiting { command.finish(.failure(error)) }
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
