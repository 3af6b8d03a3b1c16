import Glibc
import Kernel
import Runtime
import Synchronization
import Telemetry

/// Watches the configuration file while services run. A changed file is validated whole and applied by the services that
/// support it without a restart. An invalid one is refused with file and line, and the old one stays in force.
final class ConfigurationWatch: Sendable {
    private struct State {
        var timer: ScheduledAction?
        /// The state of the file in force, or of the one refused last.
        var known: FileStamp?
        /// The state at the check before: it differs at each check while the file is being written.
        var latest: FileStamp?
        var isStopped = false
    }

    private static let interval = Duration.milliseconds(250)

    private let path: String
    private let load: @Sendable () throws -> ShopSettings
    private let state: Mutex<State>

    init(_ path: String, load: @escaping @Sendable () throws -> ShopSettings) {
        self.path = path
        self.load = load
        let stamp = FileStamp(path)
        state = Mutex(State(known: stamp, latest: stamp))
    }

    func start(_ shop: Shop) {
        let timer = shop.loop.schedule(after: Self.interval) { [self, weak shop] in
            guard let shop else { return }
            look(shop)
            if !state.withLock({ $0.isStopped }) { start(shop) }
        }
        state.withLock { $0.timer = timer }
    }

    func stop() {
        state.withLock { state in
            state.isStopped = true
            state.timer?.cancel()
        }
    }

    private func look(_ shop: Shop) {
        let stamp = FileStamp(path)
        let isNew = state.withLock { state in
            let isSettled = stamp == state.latest
            state.latest = stamp
            guard isSettled, stamp != nil, stamp != state.known else { return false }
            state.known = stamp
            return true
        }
        guard isNew else { return }
        do {
            let names = try shop.takeOver(load())
            shop.log.info(
                names.isEmpty
                    ? "the configuration has changed; it takes effect at the next start"
                    : "the configuration has changed and has taken effect for \(names.joined(separator: ", ")); "
                        + "other changes take effect at the next start",
                metadata: ["file": .string(path)])
        } catch {
            shop.log.error(
                "the changed configuration is invalid and is refused; the old one stays in force",
                metadata: ["file": .string(path), .error: .error(error)])
        }
    }
}
