import FoundationEssentials
import Glibc
import Kernel
import ServiceHost

/// The record of a shop in its data folder: the place and identity of each service's store, and of the event log. It has
/// no passwords, only names that people are shown too.
struct ShopRecord: Codable, Sendable, Hashable {
    struct Store: Codable, Sendable, Hashable {
        /// The place of the store, as in `DatabaseEngine.name`.
        var database: String
        var identity: String
        /// The number of times that the service has started on it, and of the minutes that it ran.
        var starts: Int
    }

    struct Log: Codable, Sendable, Hashable {
        /// The place of the log, as in `EventEngine.name`.
        var place: String
        /// The identity; `nil` if the engine does not know it before it is connected.
        var identity: String?
    }
    var log: Log?
    var services: [String: Store] = [:]
    /// The ends of the audit logs when they were verified last, by service.
    var audits: [String: AuditHead]?
}

/// The file of the record, `shop.json` in the data folder, shared by the processes on that folder.
struct ShopRecordFile: Sendable {
    let path: String

    init(data: String) { path = data + "/shop.json" }

    /// Reads the record. Returns an empty one if there is no file.
    func read() throws -> ShopRecord {
        guard access(path, F_OK) == 0 else { return ShopRecord() }
        do {
            return try JSON.decode(ShopRecord.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CommandFailure(
                "\(path), which records where the data of each service is, cannot be read. Restore it from a backup; or "
                    + "make sure that the configuration names the right databases, remove it, and start again: see "
                    + "docs/runbook.md#shop-record-unreadable")
        }
    }

    /// Changes the record, one process at a time.
    func update(_ change: (inout ShopRecord) throws -> Void) throws {
        try DurableFile.exclusively(path) {
            let old = try read()
            var new = old
            try change(&new)
            guard new != old else { return }
            try DurableFile.replace(path, with: String(decoding: JSON.encode(new), as: UTF8.self) + "\n")
        }
    }
}
