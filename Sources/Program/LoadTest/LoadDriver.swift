import HTTPClient
import Kernel
import Runtime
import Synchronization

/// Brings the load of a plan about, and measures it.
struct LoadDriver: Sendable {
    let plan: LoadPlan
    let loop: EventLoop
    let shopper: Shopper
    let meter: LoadMeter

    /// Returns how long it took until the last answer.
    func run() async -> Duration {
        let began = loop.uptime
        switch plan.model {
        case .closed: await runClosed(since: began)
        case .open: await runOpen(since: began)
        }
        return loop.uptime - began
    }

    private func runClosed(since began: Duration) async {
        await withDiscardingTaskGroup { group in
            for buyer in 0..<plan.peak {
                group.addTask {
                    while loop.uptime - began < plan.duration {
                        guard Double(buyer) < plan.target(at: loop.uptime - began) else {
                            try? await loop.sleep(for: Self.look)
                            continue
                        }
                        await perform(plan.mix.pick(loop.random()), dueAt: nil, since: began)
                    }
                }
            }
        }
    }

    private func runOpen(since began: Duration) async {
        await withDiscardingTaskGroup { group in
            var (at, due) = (Duration.zero, 0.0)
            while at < plan.duration {
                let now = loop.uptime - began
                while at < min(now, plan.duration) {
                    // The rate is taken as constant for a step, which is at most a hundredth of a second.
                    let step = min(Self.step, plan.duration - at)
                    due += plan.target(at: at) * step.seconds
                    at += step
                    while due >= 1 {
                        due -= 1
                        let (action, moment) = (plan.mix.pick(loop.random()), began + at)
                        guard meter.inFlight < plan.maximumInFlight else {
                            meter.dropped(action, second: Int(at.seconds))
                            continue
                        }
                        meter.began()
                        group.addTask { await performBegun(action, dueAt: moment, since: began) }
                    }
                }
                try? await loop.sleep(for: Self.step)
            }
        }
    }

    private static let look = Duration.milliseconds(50)
    private static let step = Duration.milliseconds(5)

    private func perform(_ action: LoadAction, dueAt due: Duration?, since began: Duration) async {
        meter.began()
        await performBegun(action, dueAt: due, since: began)
    }

    private func performBegun(_ action: LoadAction, dueAt due: Duration?, since began: Duration) async {
        let sent = loop.uptime
        let clock = Prepared(at: sent)
        let outcome = await shopper.perform(action) { clock.set(loop.uptime) }
        let end = loop.uptime
        // What was sent before the request that counts, a cart for instance, is left out; time spent waiting for its
        // turn is not.
        let latency = end - clock.at + (due.map { sent - $0 } ?? .zero)
        meter.ended(
            LoadSample(
                action: action, latency: latency, bytes: outcome.bytes, failure: outcome.failure,
                isUnknown: outcome.isUnknown),
            second: Int((end - began).seconds), busy: end - clock.at)
    }
}

/// The moment at which a request was ready to be sent.
private final class Prepared: Sendable {
    private let moment: Mutex<Duration>

    init(at moment: Duration) { self.moment = Mutex(moment) }

    var at: Duration { moment.withLock { $0 } }

    func set(_ now: Duration) { moment.withLock { $0 = now } }
}
