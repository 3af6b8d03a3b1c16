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
        var file: FileFollower<FileStamp?>
    }
    /// Settings that the file holds now, or why it cannot be used.
    private struct Change: Sendable {
        let stamp: FileStamp?
        let settings: Result<ShopSettings, any Error>
    }

    private static let interval = Duration.milliseconds(250)

    private let path: String
    private let load: @Sendable () throws -> ShopSettings
    private let state: Mutex<State>

    /// To be made before the file is read for the first time: a file that changes meanwhile is then read again.
    init(_ path: String, load: @escaping @Sendable () throws -> ShopSettings) {
        self.path = path
        self.load = load
        state = Mutex(State(file: FileFollower(FileStamp(path))))
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
        let uptime = shop.loop.uptime
        guard let change = try? await worker.run({ self.change(uptime) }) else { return }
        do {
            let names = try await shop.takeOver(change.settings.get())
            state.withLock { $0.file.accept(change.stamp) }
            shop.log.info(
                names.isEmpty
                    ? "the configuration has changed; it takes effect at the next start"
                    : "the configuration has changed and has taken effect for \(names.joined(separator: ", ")); "
                        + "other changes take effect at the next start",
                metadata: ["file": .string(path)])
        } catch is CancellationError {
            return
        } catch {
            guard
                state.withLock({ $0.file.refuse(change.stamp, because: ErrorText.of(error), at: uptime) })
            else { return }
            shop.log.error(
                "the changed configuration is invalid and is refused; the old one stays in force",
                metadata: ["file": .string(path), .error: .error(error)])
        }
    }

    /// `nil` if the file has not changed, or does not stand still yet, or is not there.
    private func change(_ uptime: Duration) -> Change? {
        guard let stamp = FileStamp(path), state.withLock({ $0.file.look(stamp, at: uptime) }) else { return nil }
        return Change(stamp: stamp, settings: Result { try load() })
    }
}
