import Foundation
import Glibc
import Kernel
import PlatformTestSupport
import ServiceTestSupport
import Storage
import Testing

@testable import SambalProgram

@Suite struct StoreJudgementTests {
    private static func store(_ id: String, starts: Int, origin: (String, Int)? = nil) -> StoreState {
        .named(
            StoreIdentity(
                id: id, service: "order", starts: starts, createdAt: "2026-01-31T08:15:30Z",
                origin: origin.map { .init(id: $0.0, starts: $0.1) }))
    }

    private func judge(
        _ found: StoreState, _ remembered: (id: String, starts: Int)?, hasEvents: Bool = false,
        of service: String = "order"
    ) -> StoreJudgement {
        let known = remembered.map { ShopRecord.Store(database: "sqlite:a", identity: $0.id, starts: $0.starts) }
        return .judge(found, of: service, remembered: known, hasEvents: hasEvents)
    }

    @Test func a_service_begins_where_nothing_is_known_and_nothing_there() {
        #expect(judge(.empty, nil) == .give)
        #expect(judge(.unnamed, nil) == .give)
        #expect(judge(Self.store("A", starts: 3), nil) == .keep)
    }

    @Test func it_goes_on_in_its_own_store_and_in_a_copy_that_was_moved() {
        #expect(judge(Self.store("A", starts: 3), ("A", 3)) == .keep)
        // A process that died between the two writes, or another one on the same server.
        #expect(judge(Self.store("A", starts: 5), ("A", 3)) == .keep)
        #expect(judge(Self.store("B", starts: 0, origin: ("A", 3)), ("A", 3)) == .keep)
    }

    @Test func it_is_refused_anything_else() {
        #expect(judge(.empty, ("A", 3)) == .refuse(.empty))
        #expect(judge(.empty, nil, hasEvents: true) == .refuse(.emptyBesideEvents))
        #expect(judge(.unnamed, ("A", 3)) == .refuse(.other(nil)))
        #expect(judge(Self.store("A", starts: 2), ("A", 3)) == .refuse(.older(starts: 2)))
        #expect(judge(Self.store("B", starts: 0, origin: ("A", 2)), ("A", 3)) == .refuse(.outdatedCopy))
        #expect(judge(Self.store("A", starts: 3), ("A", 3), of: "cart") == .refuse(.ofService("order")))
        #expect(judge(Self.store("A", starts: 3), nil, of: "cart") == .refuse(.ofService("order")))
        guard case .refuse(.other) = judge(Self.store("B", starts: 9), ("A", 3)) else {
            Issue.record("a foreign store is taken")
            return
        }
    }

    @Test func every_refusal_says_what_was_found_and_what_to_do() {
        let known = ShopRecord.Store(database: "sqlite:a", identity: "STORE-A", starts: 3)
        let reasons: [StoreJudgement.Reason] = [
            .empty, .emptyBesideEvents, .other(nil), .ofService("cart"), .older(starts: 2), .outdatedCopy,
        ]
        for reason in reasons {
            let text = StoreRefused(reason, "order", at: "lmdb:b", remembered: known).description
            #expect(text.contains("lmdb:b") && text.contains("Ways out: ") && text.contains("docs/runbook.md#"))
        }
    }
}

@Suite struct StoreAgeTests {
    @Test func a_copy_that_was_made_while_the_service_ran_is_older_a_minute_later() async throws {
        let folder = TemporaryDirectory()
        let (store, copy) = (folder.file("order.db"), folder.file("copy.db"))
        try await LoopKind.threads.run { loop in
            let file = ShopRecordFile(data: folder.path)
            let age = StoreAge(file: file, loop: loop)
            defer { age.stop() }
            let database = try await open(store, file, loop)
            age.add(database, of: "order")
            await age.count()
            #expect(try file.read().services["order"]?.starts == 2)
            await database.close()
            try FileManager.default.copyItem(atPath: store, toPath: copy)

            let again = try await open(store, file, loop)
            age.add(again, of: "order")
            await age.count()
            await again.close()
            // What is closed cannot be counted, and changes nothing.
            await age.count()
            #expect(try file.read().services["order"]?.starts == 4)

            try FileManager.default.removeItem(atPath: store)
            try FileManager.default.moveItem(atPath: copy, toPath: store)
            let refusal = await #expect(throws: StoreRefused.self) { _ = try await open(store, file, loop) }
            #expect(refusal?.description.contains("is an older copy") == true)
            #expect(refusal?.description.contains("4 starts and minutes") == true)
        }
    }

    private func open(
        _ path: String, _ file: ShopRecordFile, _ loop: any Loop
    ) async throws -> any ClaimableDatabase {
        let stores = StoreGuard(
            file: file, eventLog: LogQuestion(MemoryEventLog(on: loop), loop: loop), loop: loop, limits: ReadLimits())
        return try await stores.open(DatabaseEngine(url: "sqlite:" + path, service: "order"), of: "order")
    }
}

@Suite struct ShopRecordFileTests {
    @Test func a_written_record_is_readable_by_its_owner_only() throws {
        let folder = TemporaryDirectory()
        let file = ShopRecordFile(data: folder.path)
        #expect(try file.read() == ShopRecord())
        let store = ShopRecord.Store(database: "sqlite:a", identity: "A", starts: 1)
        try file.update { $0.services["order"] = store }
        try file.update { $0.log = .init(place: "embedded", identity: "LOG-1") }
        let read = try ShopRecordFile(data: folder.path).read()
        #expect(read.services == ["order": store] && read.log?.identity == "LOG-1")
        var status = stat()
        #expect(stat(file.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func a_change_that_throws_changes_nothing() throws {
        let folder = TemporaryDirectory()
        let file = ShopRecordFile(data: folder.path)
        try file.update { $0.log = .init(place: "embedded", identity: "LOG-1") }
        #expect(throws: CommandFailure.self) {
            try file.update { record in
                record.log = nil
                throw CommandFailure("no")
            }
        }
        #expect(try file.read().log?.identity == "LOG-1")
    }

    @Test func a_damaged_record_is_said_with_what_to_do() throws {
        let folder = TemporaryDirectory()
        let file = ShopRecordFile(data: folder.path)
        try Data("{".utf8).write(to: URL(filePath: file.path))
        let error = try #require(throws: CommandFailure.self) { try file.read() }
        #expect(error.message.contains("docs/runbook.md#shop-record-unreadable"))
    }
}
