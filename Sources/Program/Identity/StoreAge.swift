import Kernel
import Storage
import Synchronization

/// Counts the stores of this process while their services run, in each store and in the data folder's record together.
///
/// A store with a smaller number than the record has is an older copy, also if it was made since the last start. A store
/// whose number is larger than the record's is none: the process has ended between the two writes.
final class StoreAge: Sendable {
    private let file: ShopRecordFile
    private let loop: any Loop
    private let worker: any Worker
    private let stores = Mutex<[String: any ClaimableDatabase]>([:])
    private let isRunning = Atomic(false)
    private static let interval = Duration.seconds(60)

    init(file: ShopRecordFile, loop: any Loop) {
        self.file = file
        self.loop = loop
        worker = loop.makeWorker(named: "store age")
    }

    /// Counts the store of a service from now on, in place of the one that the service had before.
    func add(_ database: any ClaimableDatabase, of service: String) {
        stores.withLock { $0[service] = database }
    }

    func start() {
        isRunning.store(true, ordering: .relaxed)
        scheduleNext()
    }

    func stop() {
        isRunning.store(false, ordering: .relaxed)
        stores.withLock { $0 = [:] }
        worker.stop()
    }

    private func scheduleNext() {
        loop.schedule(after: Self.interval) { [weak self] in
            guard let self, isRunning.load(ordering: .relaxed) else { return }
            _ = loop.start { [weak self] in
                await self?.count()
                self?.scheduleNext()
            }
        }
    }

    /// Counts each store that answers. One that does not is counted next time; until then the record keeps its number.
    func count() async {
        var counted: [String: StoreIdentity] = [:]
        for (service, database) in stores.withLock({ $0 }) {
            if let identity = try? await database.countUp() { counted[service] = identity }
        }
        let news = counted
        guard !news.isEmpty else { return }
        // A record that cannot be written is said by the next start; what is in the stores is larger then.
        try? await worker.run { [file] in
            try file.update { record in
                for (service, identity) in news {
                    guard var store = record.services[service], store.identity == identity.id else { continue }
                    store.starts = max(store.starts, identity.starts)
                    record.services[service] = store
                }
            }
        }
    }
}
