import Glibc

/// The signals that stop a shop (Ctrl-C, `kill`), received by the thread that waits for them and by no other.
enum StopSignals {
    /// Blocks the signals. Must be called before other threads start, because they inherit the signal mask.
    nonisolated static func block() {
        var signals = set
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    nonisolated static func wait() {
        var signals = set
        var received: Int32 = 0
        sigwait(&signals, &received)
    }

    fileprivate static var set: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        // The terminal is gone: the shop stops as gracefully as by Ctrl-C.
        sigaddset(&signals, SIGHUP)
        return signals
    }
}

extension StopSignals {
    /// Ends the process at once at a second signal.
    nonisolated static func endAtOnceOnNext() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            if getpid() == 1 {
                // The first process of a container has no default action.
                signal(number) { _exit(128 + $0) }
            } else {
                signal(number, SIG_DFL)
            }
        }
        var signals = set
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
