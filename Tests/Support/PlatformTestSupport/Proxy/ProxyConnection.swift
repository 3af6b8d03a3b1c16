import Glibc
import Kernel
import Runtime
import Synchronization

/// Two sockets, and what is on its way from each to the other.
final class ProxyConnection: @unchecked Sendable {  // the loop's thread's own
    private final class Side: @unchecked Sendable {  // as above
        let socket: Int32
        /// Read from the other side, to be written to this one.
        var pending: ArraySlice<UInt8> = []
        /// Pieces that wait for their time to be written.
        var isHeld = false

        init(_ socket: Int32) { self.socket = socket }
    }
    private unowned let proxy: ProxyState
    private let client: Side
    private let server: Side
    private var isOpen = true
    /// Whether what came last came from the client.
    private var isClientsTurn = false
    /// Whether the server's next answer does not arrive.
    private var isToBeLost = false

    init(_ proxy: ProxyState, client: Int32, server: Int32) {
        self.proxy = proxy
        self.client = Side(client)
        self.server = Side(server)
    }

    /// Watches for what can go on now.
    func update() {
        watch(client, other: server)
        watch(server, other: client)
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        for side in [client, server] {
            proxy.loop.unwatch(side.socket)
            LocalSocket.reset(side.socket)
        }
        proxy.forget(self)
    }

    private func watch(_ side: Side, other: Side) {
        guard isOpen else { return }
        var events: Events = []
        if proxy.mode != .silent {
            if other.pending.isEmpty { events.insert(.readable) }
            if !side.pending.isEmpty, !side.isHeld { events.insert(.writable) }
        }
        // A socket that nothing is wanted of would report its end again and again.
        guard !events.isEmpty else { return proxy.loop.unwatch(side.socket) }
        proxy.loop.watch(side.socket, events) { [weak self] events in self?.ready(side, other, events) }
    }

    private func ready(_ side: Side, _ other: Side, _ events: Events) {
        if events.contains(.writable) { flush(side) }
        if isOpen, !events.isDisjoint(with: [.readable, .failed]), other.pending.isEmpty {
            read(from: side, to: other)
        }
        update()
    }

    private func read(from side: Side, to other: Side) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(side.socket, &buffer, buffer.count, 0)
        guard count > 0 else { return count < 0 && errno == EAGAIN ? () : close() }
        if side === server, isToBeLost { return close() }
        if side === client, !isToBeLost {
            let loss = proxy.isToLose(buffer[..<count])
            guard loss.isHeard else { return close() }
            isToBeLost = loss.isDue
        }
        if side === client, !isClientsTurn { proxy.turns.add(1, ordering: .relaxed) }
        isClientsTurn = side === client
        other.pending = buffer[..<count]
        guard case .slow(let delay) = proxy.mode else { return flush(other) }
        other.isHeld = true
        proxy.loop.schedule(after: delay) { [weak self] in self?.release(other) }
    }

    private func release(_ side: Side) {
        side.isHeld = false
        update()
    }

    private func flush(_ side: Side) {
        guard !side.isHeld else { return }
        let count = side.pending.withUnsafeBytes {
            send(side.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count > 0 { side.pending = side.pending.dropFirst(count) } else if count < 0, errno != EAGAIN { close() }
    }
}
