import HTTP
import Kernel
import PlatformTestSupport
import Storage
import Synchronization
import Telemetry
import Testing

@testable import ServiceHost

/// A record of the audit log and what it tells of are durable together, in one chain without a gap, whoever writes beside.
@Suite struct AuditConformanceTests {
    private static func audited(_ database: any Database, on loop: any Loop) -> AuditingDatabase {
        AuditingDatabase(base: database, log: AuditLog(of: "test", loop: loop, log: .disabled))
    }

    private static func asOperation<Result: Sendable>(
        _ operation: String = "gadget.change", _ work: () async throws -> Result
    ) async throws -> Result {
        let trail = AuditTrail(operation, by: Caller(subject: "ann", issuer: "till"))
        return try await AuditTrail.$current.withValue(trail, operation: work)
    }

    /// The records of the chain. Throws the fault if it is not whole.
    private static func walk(_ database: any Database) async throws -> [AuditRecord] {
        let page = try await database.read { try await AuditChainPage(of: "test", after: 0, limit: 1000, in: $0) }
        var chain = AuditChain(of: "test")
        for stored in page.records { try chain.take(stored) }
        try chain.end(head: page.head)
        return page.records.compactMap(\.record)
    }

    private static func prepare(_ database: any Database) async throws {
        try await (try #require(database as? any ClaimableDatabase)).create(missing: AuditLog.schemas)
    }

    @Test(arguments: Setting.all) func a_change_and_its_record_are_stored_or_neither_is(setting: Setting) async throws {
        try await setting.run { stage in
            try await Self.prepare(stage.database)
            let database = Self.audited(stage.database, on: stage.loop)
            let gadgets = Repository<Gadget>(database)
            try await Self.asOperation {
                try await gadgets.insert(Gadget("g1", color: "red"))
                await expectRefusal {
                    try await database.transaction { tx in
                        try await gadgets.insert(Gadget("g2"), in: tx)
                        throw Refused()
                    }
                }
                try await database.transaction { tx in
                    guard var gadget = try await gadgets.find("g1", in: tx) else { throw Refused() }
                    gadget.color = "blue"
                    gadget = try await gadgets.update(gadget, in: tx)
                    gadget.size = 7
                    try await gadgets.update(gadget, in: tx)
                    _ = try? await tx.savepoint { tx in
                        try await gadgets.insert(Gadget("undone"), in: tx)
                        throw Refused()
                    }
                }
                try await gadgets.delete(id: "g1")
                // Reads nothing and changes nothing.
                try await database.transaction { _ in }
            }
            let records = try await Self.walk(stage.database)
            #expect(records.map(\.number) == [1, 2, 3] && records.allSatisfy { $0.changes.map(\.id) == ["g1"] })
            #expect(records[1].changes.first?.before == ["color": "red", "size": 0, "version": 1])
            #expect(records[1].changes.first?.after == ["color": "blue", "size": 7, "version": 3])
            #expect(records[2].changes.first?.before?["color"] == "blue" && records[2].changes.first?.after == nil)
            #expect(try await stage.gadgets.count() == 0)
        }
    }

    @Test(arguments: Setting.all) func operators_of_two_instances_at_once_make_one_chain_without_a_gap(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            try await Self.prepare(stage.database)
            let other = try stage.openAgain()
            let instances = [stage.database, other].map { Self.audited($0, on: stage.loop) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<30 {
                    group.addTask {
                        let database = instances[index % 2]
                        try await Self.asOperation {
                            // As a client does that is told to come again.
                            for attempt in 1...50 {
                                do {
                                    try await Repository<Gadget>(database).insert(Gadget("g\(index)"))
                                    return
                                } catch let error as StorageError
                                    where error.isRetriable || error.code == .versionConflict
                                {
                                    guard attempt < 50 else { throw error }
                                }
                            }
                        }
                    }
                }
                // Beside them, orders that nobody audits.
                for index in 0..<30 {
                    group.addTask { try await Repository<Gadget>(instances[index % 2]).insert(Gadget("o\(index)")) }
                }
                try await group.waitForAll()
            }
            let records = try await Self.walk(stage.database)
            #expect(records.map(\.number) == Array(1...30))
            #expect(Set(records.flatMap { $0.changes.map(\.id) }) == Set((0..<30).map { "g\($0)" }))
            #expect(try await stage.gadgets.count() == 60)
            await other.close()
        }
    }
}
