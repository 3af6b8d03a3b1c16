import Glibc
import Kernel
import Messaging
import Runtime
import ServiceHost
import Storage

/// All checks of one shop, in an order in which people read them: the folder, the log, each service, the sums.
struct Examination: Sendable {
    let stores: ShopStores

    func findings() async throws -> [Finding] {
        let record: ShopRecord
        do {
            record = try stores.file.read()
        } catch let error as CommandFailure {
            return [.fault("shop", "record", error.message, "see docs/runbook.md#shop-record-unreadable")]
        }
        var findings = [FolderExamination(data: stores.data).finding]
        if let restored = record.restored {
            findings.append(
                .ok("shop", "restored", "as of \(restored.cut), from backup \(restored.backup), at \(restored.at)"))
        }
        let log = await LogExamination(stores: stores, record: record).run()
        findings += log.findings
        for (type, engine) in stores.services {
            findings += await StoreExamination(
                stores: stores, service: type, engine: engine, remembered: record.services[type.name], log: log.seen
            ).run()
        }
        findings += await RunningExamination(stores: stores).run()
        return findings
    }
}

/// The check that only the owner may read the data folder.
struct FolderExamination: Sendable {
    let data: String

    var finding: Finding {
        var status = stat()
        guard stat(data, &status) == 0 else {
            return .fault("shop", "folder", "\(data) cannot be read", "run this as the shop's user")
        }
        guard status.st_mode & 0o007 == 0 else {
            return .notice(
                "shop", "folder", "other users may read \(data)",
                "chmod 700 \(data): see docs/runbook.md#folder-open-to-others")
        }
        return .ok("shop", "folder", data)
    }
}
