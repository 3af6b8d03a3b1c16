import CLinux
import Glibc
import Kernel
import Runtime

/// Takes connections from a listening socket while there is room for them.
///
/// At its limit it leaves further ones in the kernel's queue until one ends. Where the process or the machine has no
/// descriptor or memory left, it tries again in a moment: a shortage passes. Of either it tells once, when it begins.
final class Acceptor: @unchecked Sendable {  // used on the loop's thread only
    private let loop: EventLoop
    private let maximum: Int
    private let shared: SharedHTTPLimits
    private let shortage: HTTPServer.ShortageObserver?
    private let hangs: HangResponder?
    private var listener: Int32 = -1
    private var open: (Int32) -> Void = { _ in }
    private var count = 0
    private var isWatching = false
    private var isShort = false
    /// Connections taken before other work has its turn.
    private static let acceptsInTurn = 64
    private static let pauseTime = Duration.milliseconds(100)

    init(
        loop: EventLoop, maximum: Int, shared: SharedHTTPLimits, shortage: HTTPServer.ShortageObserver?,
        hangs: HangResponder?
    ) {
        self.loop = loop
        self.maximum = maximum
        self.shared = shared
        self.shortage = shortage
        self.hangs = hangs
    }

    func start(_ listener: Int32, _ open: @escaping (Int32) -> Void) {
        self.listener = listener
        self.open = open
        hangs?.add(listener)
        watch()
    }

    /// Takes what waits already, then closes the socket.
    func stop() {
        guard listener >= 0 else { return }
        accept()
        unwatch()
        hangs?.remove(listener)
        close(listener)
        listener = -1
        open = { _ in }
    }

    func connectionEnded() {
        count -= 1
        shared.closed()
        watch()
    }

    private func watch() {
        guard !isWatching, listener >= 0, count < maximum else { return }
        isWatching = true
        loop.watch(listener, .readable) { [self] _ in accept() }
    }

    private func unwatch() {
        guard isWatching else { return }
        isWatching = false
        loop.unwatch(listener)
    }

    private func accept() {
        for _ in 0..<Self.acceptsInTurn {
            guard count < maximum else {
                tellIfSomeoneWaits("the listener has \(count) connections, and may have no more")
                return unwatch()
            }
            // Which of the others gives a place back is not known here.
            guard shared.mayOpen(beside: count) else {
                tellIfSomeoneWaits(
                    "all listeners together have \(shared.openConnections) connections, and this one may have no more")
                return pause()
            }
            let socket = linux_accept(listener)
            if socket >= 0 {
                count += 1
                shared.opened()
                open(socket)
                continue
            }
            switch errno {
            case EAGAIN:
                // Nobody waits any more.
                isShort = false
                return
            case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, EHOSTUNREACH, ENETUNREACH: continue
            default: return rest(errno)
            }
        }
    }

    private func rest(_ error: Int32) {
        tell(String(cString: strerror(error)))
        pause()
    }

    /// A limit that is just reached is no shortage while nobody waits.
    private func tellIfSomeoneWaits(_ reason: String) {
        var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        if poll(&waiting, 1, 0) > 0 { tell(reason) } else { isShort = false }
    }

    private func tell(_ reason: String) {
        if !isShort { shortage?(reason) }
        isShort = true
    }

    private func pause() {
        unwatch()
        loop.schedule(after: Self.pauseTime) { [weak self] in self?.watch() }
    }
}
