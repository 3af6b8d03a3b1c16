import Glibc
import Kernel
import Runtime
import Synchronization
import Telemetry

/// Watches the configuration file while services run. A changed file is validated whole and applied by the services that
/// support it without a restart. An invalid one is refused with file and line, and the old one stays in force.
///
/// The file is looked at and read on a thread of its own: a slow disk must not hold up requests.
final class ConfigurationWatch: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        /// The state of the file in force, or of the one refused last.
        var known: FileStamp?
        /// The state at the check before: it differs at each check while the file is being written.
        var latest: FileStamp?
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
        let worker = shop.loop.makeWorker(named: "configuration")
        let task = shop.loop.start { [self] in
            // Ends when the sleep of a watch that was stopped throws.
            while (try? await shop.loop.sleep(for: Self.interval)) != nil { await look(shop, worker) }
        }
        state.withLock { $0.task = task }
    }

    func stop() { state.withLock { $0.task }?.cancel() }

    private func look(_ shop: Shop, _ worker: any Worker) async {
        do {
            guard let settings = try await worker.run({ try self.changed() }) else { return }
            let names = try await shop.takeOver(settings)
            shop.log.info(
                names.isEmpty
                    ? "the configuration has changed; it takes effect at the next start"
                    : "the configuration has changed and has taken effect for \(names.joined(separator: ", ")); "
                        + "other changes take effect at the next start",
                metadata: ["file": .string(path)])
        } catch is CancellationError {
            return
        } catch {
            shop.log.error(
                "the changed configuration is invalid and is refused; the old one stays in force",
                metadata: ["file": .string(path), .error: .error(error)])
        }
    }

    /// The settings of a file that has changed, once it stands still; `nil` if it has not.
    private func changed() throws -> ShopSettings? {
        let stamp = FileStamp(path)
        let isNew = state.withLock { state in
            let isSettled = stamp == state.latest
            state.latest = stamp
            guard isSettled, stamp != nil, stamp != state.known else { return false }
            state.known = stamp
            return true
        }
        return isNew ? try load() : nil
    }
}
