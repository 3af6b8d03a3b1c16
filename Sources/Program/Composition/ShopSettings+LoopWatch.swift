import Glibc
import HTTPServer
import Kernel
import Runtime
import Telemetry

extension ShopSettings {
    /// A watch that logs a loop which stalls, and ends the process if its loop hangs: a new process is better than one that
    /// answers nobody, and everything that counts is durable. Until then, `hangs` answers in the loop's place.
    func loopWatch(of loop: EventLoop, hangs: HangResponder, log: Logger) -> LoopWatch {
        LoopWatch(
            loop, hang: loopHang,
            onStall: { length, work in
                log.warning(
                    "the loop stalls: one piece of work keeps all others waiting",
                    metadata: ["seconds": .duration(length), "begun": .string(work)])
            },
            onHang: { length, work in
                let reason = length > .zero ? "the loop has hung for \(length)" : "the process did not end in time"
                Announcement.dying(
                    "\(reason); started last: \(Printable.text(work)). Ending the process.", in: logFormat)
                _exit(70)
            },
            onSilence: { length, _ in hangs.answer("The event loop has hung for \(Int(length.seconds)) s") })
    }
}

extension LoopWatch {
    func register(in metrics: MetricsRegistry) {
        metrics.gauge(
            "sambal_loop_stall_seconds", help: "The longest turn of the event loop within the last minute."
        ) { self.longestTurn.seconds }
    }
}
