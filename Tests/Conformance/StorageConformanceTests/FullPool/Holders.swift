import Dispatch
import Kernel
import PlatformTestSupport
import Storage

/// Transactions that have all that a database can give, until they are told to end: each connection, or the one writer's
/// turn. The latter is another program's: it keeps everybody else's writer waiting.
final class Holders: Sendable {
    private let stage: FarStage
    private let kind: FarServer
    private let held = Names()
    private let over = Names()
    private let bell = DispatchSemaphore(value: 0)

    init(_ stage: FarStage, _ kind: FarServer) {
        self.stage = stage
        self.kind = kind
    }

    private var count: Int { kind.isPooled ? FarServer.connections : 1 }
    var haveAll: Bool { held.all.count == count }
    /// What is stored of them in the end.
    var records: [String] { (0..<count).map { "held-\($0)" } }

    func end() {
        over.add("now")
        bell.signal()
    }

    func begin(in group: inout ThrowingTaskGroup<Void, any Error>) {
        for id in records {
            group.addTask { [self] in
                if kind.isPooled { try await holdConnection(id) } else { try await holdTurn(id) }
            }
        }
    }

    private func holdConnection(_ id: String) async throws {
        let (gadgets, stage, held, over) = (stage.gadgets, stage, held, over)
        try await stage.database.transaction { tx in
            try await gadgets.insert(Gadget(id), in: tx)
            held.add(id)
            try await eventually(on: stage.loop) {
                // The server ends a transaction of which it hears nothing.
                _ = try await gadgets.find(id, in: tx)
                return !over.all.isEmpty
            }
        }
    }

    /// The body may wait for nothing but its transaction: its thread, the writer's own, waits.
    private func holdTurn(_ id: String) async throws {
        let (other, held, bell) = (try stage.openAgain(), held, bell)
        let gadgets = Repository<Gadget>(other)
        try await other.migrate(Gadget.migrations)
        try await other.transaction { tx in
            try await gadgets.insert(Gadget(id), in: tx)
            held.add(id)
            block(on: bell)
        }
        await other.close()
    }
}

private func block(on bell: DispatchSemaphore) { _ = bell.wait(timeout: .now() + 60) }
