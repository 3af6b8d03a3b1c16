import FoundationEssentials
import Kernel
import Messaging
import MessagingEmbedded
import Storage

/// The checks of the event log: identity and integrity.
struct LogExamination: Sendable {
    /// The log's state that positions are compared with; `nil` if the log cannot be asked.
    struct Seen: Sendable {
        let identity: LogIdentity?
        /// For the embedded log: the position of its newest event, and the event at each position that was asked for.
        var head: Int64?
    }
    let stores: ShopStores
    let record: ShopRecord

    func run() async -> (findings: [Finding], seen: Seen?) {
        let events = stores.settings.events
        do {
            try LogGuard(file: stores.file).check(events, data: stores.data)
        } catch {
            return ([refused(error)], nil)
        }
        if case .embedded = events, !FileManager.default.fileExists(atPath: LogGuard.path(data: stores.data)) {
            return ([.ok("events", "log", "none yet")], nil)
        }
        do {
            return try await stores.withLog { log in
                try await log.log.check()
                let identity = try await log.log.identity()
                var findings = [self.identity(identity)]
                guard let embedded = log.log as? EmbeddedEventLog else { return (findings, Seen(identity: identity)) }
                let faults = try await embedded.integrityFaults()
                findings.append(
                    faults.isEmpty
                        ? .ok("events", "integrity", "sound")
                        : .fault(
                            "events", "integrity", "events.db is damaged: \(faults.prefix(3).joined(separator: "; "))",
                            "restore it from a backup: see docs/runbook.md#database-damaged"))
                return (findings, Seen(identity: identity, head: try await embedded.head()))
            }
        } catch {
            return (
                [
                    .fault(
                        "events", "log", "\(events.name) does not answer: \(Failures.sentence(error))",
                        "see docs/runbook.md#event-log-away")
                ], nil
            )
        }
    }

    private func identity(_ identity: LogIdentity?) -> Finding {
        let text = identity?.description ?? "-"
        if let known = record.log?.identity, let identity, known != identity.description {
            return .fault(
                "events", "identity", "the shop has read \(known), and the log is \(text)",
                "put the right log back, or: sambal events adopt. See docs/runbook.md#event-log-refused")
        }
        return .ok("events", "identity", text)
    }

    private func refused(_ error: any Error) -> Finding {
        .fault("events", "identity", Failures.sentence(error), "see docs/runbook.md#event-log-refused")
    }
}

/// An error for a person to read.
enum Failures {
    static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as CommandFailure: error.message
        case let error as UsageError: error.message
        case let error as StorageError: error.message
        case let error as EventError: error.message
        default: ErrorText.of(error)
        }
    }
}
