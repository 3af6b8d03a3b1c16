import CCurl
import Glibc
import HTTP
import Kernel
import Runtime

/// curl's multi handle on a loop: which transfers are under way, which wait, and the handles that are free.
final class Multi: @unchecked Sendable {  // made anywhere, used on the loop's thread only
    private let loop: EventLoop
    private let options: HTTPClientOptions
    private var raw: UnsafeMutableRawPointer?
    private var active: [ObjectIdentifier: Transfer] = [:]
    private var waiting: [Transfer] = []
    private var spare: [UnsafeMutableRawPointer] = []
    private var timer: ScheduledAction?
    private var sockets: Set<Int32> = []
    var connections = ConnectionTable()
    /// Transfers of `active` that pass bodies on in pieces. They may take any time, so they keep no others out.
    private var streams = 0
    /// Transfers whose answer may be given to the caller before it is whole.
    private var begun: [Transfer] = []
    private var isClosed = false

    /// Prepares the library, once in a process.
    private static let library: Void = {
        let result = curl_global_init(Int(CURL_GLOBAL_ALL))
        precondition(result == CURLE_OK, "libcurl cannot be used: \(String(cString: curl_easy_strerror(result)))")
    }()

    init(loop: EventLoop, options: HTTPClientOptions) {
        self.loop = loop
        self.options = options
        _ = Self.library
    }

    func start(_ transfer: Transfer) {
        transfer.deadline = loop.uptime + transfer.request.timeout
        guard !isClosed else { return transfer.fail(.unreachable, "The client has been shut down") }
        guard !transfer.ticket.isCancelled else { return transfer.fail(.cancelled, "The task was cancelled") }
        transfer.owner = self
        if transfer.request.stream != nil {
            guard streams < options.maximumStreams else {
                return transfer.fail(.unreachable, "Too many bodies are on their way in pieces")
            }
            transfer.isStream = true
            return begin(transfer)
        }
        if active.count - streams < options.maximumConcurrent { return begin(transfer) }
        guard waiting.count < options.maximumWaiting else {
            return transfer.fail(.unreachable, "Too many requests wait to be sent")
        }
        waiting.append(transfer)
        transfer.waitTimer = loop.schedule(after: transfer.request.timeout) { [self] in
            guard remove(fromWaiting: transfer.ticket) != nil else { return }
            transfer.fail(.unreachable, "The request waited longer than its timeout to be sent")
        }
    }

    func cancel(_ ticket: Ticket) {
        if let transfer = remove(fromWaiting: ticket) { return transfer.fail(.cancelled, "The task was cancelled") }
        guard let transfer = active[ObjectIdentifier(ticket)] else { return }
        end(transfer)
        transfer.fail(.cancelled, "The task was cancelled")
        beginWaiting()
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        for transfer in active.values {
            end(transfer)
            transfer.fail(.interrupted, "The client was shut down")
        }
        for transfer in waiting { transfer.fail(.unreachable, "The client was shut down") }
        waiting = []
        for handle in spare { curl_easy_cleanup(handle) }
        spare = []
        if let raw { curl_multi_cleanup(raw) }
        raw = nil
        timer?.cancel()
        for socket in sockets { loop.unwatch(socket) }
        sockets = []
    }

    // MARK: Transfers

    private func begin(_ transfer: Transfer) {
        transfer.waitTimer?.cancel()
        let left = transfer.deadline - loop.uptime
        guard left > .zero else { return transfer.fail(.unreachable, "The timeout passed before it was sent") }
        guard let multi = prepared(), let handle = spare.popLast() ?? curl_easy_init() else {
            return transfer.fail(.unreachable, "There is no memory for the request")
        }
        if let error = transfer.configure(handle, options: options, timeout: left) {
            release(transfer)
            return transfer.finish(.failure(error))
        }
        active[ObjectIdentifier(transfer.ticket)] = transfer
        if transfer.isStream { streams += 1 }
        let result = curl_multi_add_handle(multi, handle)
        guard result == CURLM_OK else {
            active[ObjectIdentifier(transfer.ticket)] = nil
            if transfer.isStream { streams -= 1 }
            release(transfer)
            return transfer.fail(.unreachable, String(cString: curl_multi_strerror(result)))
        }
        watchProgress(of: transfer)
    }

    /// Gives a transfer up whose other side is silent for longer than the request allows.
    private func watchProgress(of transfer: Transfer) {
        guard transfer.isWatched else { return }
        transfer.uptime = { [loop] in loop.uptime }
        transfer.lastProgress = loop.uptime
        lookAtProgress(of: transfer)
    }

    private func lookAtProgress(of transfer: Transfer) {
        let limit = transfer.patience
        let left = limit.map { transfer.lastProgress + $0 - loop.uptime } ?? .seconds(1)
        if let limit, left <= .zero {
            let isKnownNotSent = !transfer.hasAnswerBegun && !transfer.mayHaveBeenSent
            end(transfer)
            transfer.fail(
                isKnownNotSent ? .unreachable : .timedOut,
                "\(transfer.request.method) \(transfer.request.url): nothing came for \(limit)")
            return beginWaiting()
        }
        // The answer may begin meanwhile, and then stand still.
        let next = min(left, transfer.request.idleTimeout ?? left)
        transfer.progressTimer = loop.schedule(after: max(next, .milliseconds(1))) { [self] in
            guard active[ObjectIdentifier(transfer.ticket)] != nil else { return }
            lookAtProgress(of: transfer)
        }
    }

    private func beginWaiting() {
        while !waiting.isEmpty, active.count - streams < options.maximumConcurrent, !isClosed {
            begin(waiting.removeFirst())
        }
    }

    private func remove(fromWaiting ticket: Ticket) -> Transfer? {
        guard let index = waiting.firstIndex(where: { $0.ticket === ticket }) else { return nil }
        return waiting.remove(at: index)
    }

    /// Takes the transfer off curl. An unfinished one loses its connection with that.
    private func end(_ transfer: Transfer) {
        transfer.progressTimer?.cancel()
        if active.removeValue(forKey: ObjectIdentifier(transfer.ticket)) != nil, transfer.isStream { streams -= 1 }
        if let raw { curl_multi_remove_handle(raw, transfer.handle) }
        release(transfer)
    }

    private func release(_ transfer: Transfer) {
        transfer.freeHeaders()
        guard let handle = transfer.handle else { return }
        transfer.handle = nil
        if spare.count < options.maximumIdleConnections, !isClosed {
            spare.append(handle)
        } else {
            curl_easy_cleanup(handle)
        }
    }

    private func collect() {
        guard let raw else { return }
        var left: Int32 = 0
        while let message = curl_multi_info_read(raw, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let context = curl_get_private(message.pointee.easy_handle)
            else { continue }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            let outcome = transfer.outcome(curl_message_result(message))
            end(transfer)
            if transfer.isStale, !transfer.needsNewConnection {
                // Nothing was sent: the same again on a connection of its own, once.
                transfer.needsNewConnection = true
                begin(transfer)
            } else {
                transfer.finish(outcome)
            }
        }
        if !begun.isEmpty { handOver() }
        if !waiting.isEmpty { beginWaiting() }
    }

    // MARK: Bodies in pieces

    /// Beyond the limit an answer comes whole, if it is small enough. One of events never does, and is refused.
    func mayStream(_ transfer: Transfer) -> Bool {
        guard transfer.isStream || streams + begun.count < options.maximumStreams else { return false }
        begun.append(transfer)
        return true
    }

    /// Gives the callers those answers that have begun and are not whole yet.
    private func handOver() {
        let transfers = begun
        begun = []
        for transfer in transfers {
            guard active[ObjectIdentifier(transfer.ticket)] === transfer, !transfer.isHandedOver else { continue }
            if !transfer.isStream { streams += 1 }
            transfer.handOver(at: loop.uptime)
            if transfer.progressTimer == nil { watchProgress(of: transfer) }
        }
    }

    /// Called by a stream, perhaps from within curl: it must not be called back from there.
    func goOnSoon(_ ticket: Ticket) {
        loop.execute { [self] in
            guard let transfer = active[ObjectIdentifier(ticket)] else { return }
            transfer.goOn(at: loop.uptime)
            collect()
        }
    }

    /// Gives up a transfer whose answer nobody takes any more, and its connection.
    func abandonSoon(_ ticket: Ticket) {
        loop.execute { [self] in
            guard let transfer = active[ObjectIdentifier(ticket)] else { return }
            end(transfer)
            transfer.fail(.cancelled, "Nobody takes the rest of the answer")
            beginWaiting()
        }
    }

    // MARK: curl's socket interface

    private func prepared() -> UnsafeMutableRawPointer? {
        if let raw { return raw }
        guard let made = curl_multi_init() else { return nil }
        curl_multi_set_long(made, CURLMOPT_MAXCONNECTS, options.maximumIdleConnections)
        curl_multi_set_callbacks(
            made,
            { _, socket, what, context, _ in
                client(context).watch(socket, what)
                return 0
            },
            { _, milliseconds, context in
                client(context).setTimer(milliseconds)
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
        raw = made
        return made
    }

    private func watch(_ socket: Int32, _ what: Int32) {
        if what == CURL_POLL_REMOVE {
            if sockets.remove(socket) != nil { loop.unwatch(socket) }
            return
        }
        var events: Events = []
        if what & CURL_POLL_IN != 0 { events.insert(.readable) }
        if what & CURL_POLL_OUT != 0 { events.insert(.writable) }
        sockets.insert(socket)
        loop.watch(socket, events) { [self] ready in act(on: socket, ready) }
    }

    private func setTimer(_ milliseconds: Int) {
        timer?.cancel()
        timer = nil
        guard milliseconds >= 0 else { return }
        // Never at once: curl forbids to be called from within this call.
        timer = loop.schedule(after: .milliseconds(milliseconds)) { [self] in act(on: CURL_SOCKET_TIMEOUT, []) }
    }

    private func act(on socket: Int32, _ ready: Events) {
        guard let raw else { return }
        var mask: Int32 = 0
        if ready.contains(.readable) { mask |= CURL_CSELECT_IN }
        if ready.contains(.writable) { mask |= CURL_CSELECT_OUT }
        if ready.contains(.failed) { mask |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        curl_multi_socket_action(raw, socket, mask, &running)
        collect()
    }
}

private func client(_ context: UnsafeMutableRawPointer?) -> Multi {
    Unmanaged<Multi>.fromOpaque(context!).takeUnretainedValue()
}
