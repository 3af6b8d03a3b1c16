import Kernel
import Runtime

/// Shows how a load test goes: one line that is written anew each second at a terminal, and one line each ten seconds
/// elsewhere.
struct LoadView: Sendable {
    let plan: LoadPlan
    let loop: EventLoop
    let meter: LoadMeter

    /// Runs until its task is cancelled.
    func run() async {
        let began = loop.uptime
        let interval = Console.isTerminal ? Duration.seconds(1) : .seconds(10)
        while !Task.isCancelled {
            do { try await loop.sleep(for: interval) } catch { return }
            let elapsed = loop.uptime - began
            let line = Self.line(meter.snapshot, at: elapsed, of: plan.duration, isClosed: plan.model == .closed)
            // To the error output: what is piped on is the report.
            if Console.isTerminal { Console.write("\r\u{1B}[K" + line) } else { Console.error(line) }
        }
    }

    /// Ends the line that is written anew.
    static func end() { if Console.isTerminal { Console.write("\r\u{1B}[K") } }

    static func line(_ state: LoadMeter.State, at elapsed: Duration, of whole: Duration, isClosed: Bool) -> String {
        // The second under way is not whole yet.
        let recent = state.bySecond.dropLast().suffix(5)
        let tally = recent.reduce(into: LoadTally()) { $0.merge($1) }
        let share = whole > .zero ? min(100, Int(elapsed.seconds * 100 / whole.seconds)) : 100
        let rate = recent.isEmpty ? 0 : Double(tally.successes) / Double(recent.count)
        return "  \(share) %  \(LoadUnits.decimal(elapsed.seconds, 0)) s  \(LoadUnits.decimal(rate, 0))/s  "
            + "p50 \(LoadUnits.milliseconds(tally.latencies.percentile(0.5)))  "
            + "p99 \(LoadUnits.milliseconds(tally.latencies.percentile(0.99)))  failed \(tally.failures)  "
            + "under way \(state.inFlight)"
    }
}
