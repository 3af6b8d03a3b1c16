import Kernel
import ServiceHost
import Synchronization
import Telemetry
import Tokens

/// The API keys in force, taken over while the gateway runs: the file is looked at every second and read once it stands still.
/// A file that cannot be used is refused, and the keys before it stay in force; without a file there are no keys.
final class APIKeyStore: Sendable {
    private struct State {
        var keys: APIKeyRing
        var file: FileFollower<FileStamp?>
    }
    /// The keys of a file, and its state before they were read.
    struct Reading: Sendable {
        let path: String
        fileprivate let stamp: FileStamp?
        fileprivate let keys: APIKeyRing

        /// Throws `APIKeyFault` if the file cannot be used now.
        init(_ path: String) throws(APIKeyFault) {
            self.path = path
            stamp = FileStamp(path)
            do {
                keys = try AccessFile.apiKeys(path)
            } catch {
                throw APIKeyFault("the API keys in \(path): the file \(error.description)")
            }
        }
    }
    let path: String
    /// The names of the rates that keys may have.
    let rateClasses: Set<String>
    private let loop: any Loop
    private let log: Logger
    private let state: Mutex<State>

    static let interval = Duration.seconds(1)

    init(_ reading: Reading, rateClasses: Set<String>, loop: any Loop, log: Logger) {
        path = reading.path
        self.rateClasses = rateClasses
        self.loop = loop
        self.log = log
        // The command replaces the file at once: one that never stands still must not put off a revocation without end.
        state = Mutex(State(keys: reading.keys, file: FileFollower(reading.stamp, patience: 3)))
        warnOfUnknownClasses(reading.keys)
    }

    var keys: APIKeyRing { state.withLock { $0.keys } }

    /// Follows the file until cancelled. It is read on a thread of its own: a slow disk must hold up no request.
    func run() async {
        let worker = loop.makeWorker(named: "api keys")
        defer { worker.stop() }
        while (try? await loop.sleep(for: Self.interval)) != nil {
            let uptime = loop.uptime
            try? await worker.run { [self] in look(uptime) }
        }
    }

    private func look(_ uptime: Duration) {
        let stamp = FileStamp(path)
        guard state.withLock({ $0.file.look(stamp, at: uptime) }) else { return }
        do throws(APIKeyFault) {
            let keys = try AccessFile.apiKeys(path)
            state.withLock { state in
                state.keys = keys
                state.file.accept(stamp)
            }
            log.info("the API keys have changed", metadata: ["keys": .integer(Int64(keys.records.count))])
            warnOfUnknownClasses(keys)
        } catch {
            if state.withLock({ $0.file.refuse(stamp, because: error.description, at: uptime) }) {
                log.error(
                    "the changed file of API keys is refused; the keys before it stay in force, revoked ones too: mend it",
                    metadata: ["file": .string(path), .error: .error(error)])
            }
        }
    }

    private func warnOfUnknownClasses(_ keys: APIKeyRing) {
        let unknown = Set(keys.records.filter { $0.revokedAt == nil }.compactMap(\.rateClass)).subtracting(rateClasses)
        guard !unknown.isEmpty else { return }
        log.warning(
            "API keys name rate classes that access.rateClasses does not have; the rates of the routes hold for them",
            metadata: ["classes": .string(unknown.sorted().joined(separator: ", "))])
    }
}
