import Glibc

/// Ctrl-C and `kill`: taken by the thread that waits for them, and by no other.
enum StopSignals {
    /// Must be called before other threads are started: they inherit that the signals do not interrupt them.
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
        // The terminal has gone: the shop ends as gracefully as by Ctrl-C.
        sigaddset(&signals, SIGHUP)
        return signals
    }
}

extension StopSignals {
    /// Whoever asks twice does not want to wait.
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
