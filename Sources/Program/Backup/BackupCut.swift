import Glibc
import Kernel
import Storage

/// The cut: one moment in which nobody writes to any store or to the log, so that all of them are seen as they are together.
///
/// A service writes one transaction to one store and waits for no other store meanwhile, so that a program that keeps out the
/// writers of one store after the other waits for a commit each time. Whoever has to wait for it does so for some
/// milliseconds: SQLite and LMDB let a program wait for the lock of another one.
struct BackupCut {
    /// After so long with some stores held, all are let go, and the cut is tried again.
    private static let longestHold = Duration.milliseconds(250)
    private static let tries = 40
    private let loop: any Loop

    init(loop: any Loop) { self.loop = loop }

    /// Fixes all snapshots in one moment, and runs `body` in it. Returns its value, and for how long writers were kept out.
    func take<Value>(
        of snapshots: [any StoreSnapshot], _ body: () throws -> Value
    ) throws -> (value: Value, pause: Duration) {
        for number in 1...Self.tries {
            let began = loop.uptime
            do {
                let stops = Self.blockStops()
                defer { Self.unblock(stops) }
                defer { for snapshot in snapshots { snapshot.release() } }
                if try hold(snapshots, until: began + Self.longestHold) {
                    for snapshot in snapshots { try snapshot.fix() }
                    let value = try body()
                    for snapshot in snapshots { snapshot.release() }
                    return (value, loop.uptime - began)
                }
            }
            Self.pause(.milliseconds(20 * number))
        }
        throw CommandFailure(
            "the stores could not be held still together in \(Self.tries) tries: another program holds one of them for long, "
                + "or the disk is too slow. Nothing was written; try again when there is less to do")
    }

    private func hold(_ snapshots: [any StoreSnapshot], until deadline: Duration) throws -> Bool {
        for snapshot in snapshots {
            while try !snapshot.tryHold() {
                guard loop.uptime < deadline else { return false }
                Self.pause(.microseconds(100))
            }
            // LMDB waits for its writer itself.
            guard loop.uptime < deadline else { return false }
        }
        return true
    }

    /// Keeps the terminal from stopping this program (Ctrl-Z) while others wait for it. Returns the signals as they were.
    private static func blockStops() -> sigset_t {
        var (stops, earlier) = (sigset_t(), sigset_t())
        sigemptyset(&stops)
        for signal in [SIGTSTP, SIGTTIN, SIGTTOU] { sigaddset(&stops, signal) }
        pthread_sigmask(SIG_BLOCK, &stops, &earlier)
        return earlier
    }

    private static func unblock(_ earlier: sigset_t) {
        var earlier = earlier
        pthread_sigmask(SIG_SETMASK, &earlier, nil)
    }

    private static func pause(_ duration: Duration) {
        var time = timespec(tv_sec: 0, tv_nsec: Int(duration.wholeNanoseconds))
        nanosleep(&time, nil)
    }
}
