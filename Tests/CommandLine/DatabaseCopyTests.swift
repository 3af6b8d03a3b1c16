import Foundation
import OrderService
import PlatformTestSupport
import Storage
import Synchronization
import Testing

@testable import SambalProgram

@Suite struct DatabaseCopyTests {
    private static let migrations = OrderService.migrations
    private static let collections = DatabaseCopy.collections(of: migrations)

    /// Each engine that is there, one after the other, and back to the first.
    @Test func records_copied_through_all_engines_come_back_unchanged() async throws {
        let folder = TemporaryDirectory()
        let servers = Self.servers.map { Self.own($0) }
        let first = "sqlite:\(folder.file("first.db"))"
        let urls = [first, "lmdb:\(folder.file("lmdb"))"] + servers + ["sqlite:\(folder.file("last.db"))"]
        try await fill(first)
        var copies: [[DatabaseCopy.Copy]] = []
        for (from, to) in zip(urls, urls.dropFirst()) { copies.append(try await move(from, to)) }
        #expect(Set(copies).count == 1)
        #expect(copies[0].map(\.records) == Self.collections.indices.map { 600 - $0 * 100 }.map { max(0, $0) })
        #expect(try await all(urls.last!) == all(first))
    }

    private static let servers = ["POSTGRES", "MARIADB", "MONGODB"].compactMap {
        ProcessInfo.processInfo.environment["TEST_\($0)_URL"]
    }

    /// The server's URL with tables that no other test has.
    private static func own(_ url: String) -> String {
        "\(url)\(url.contains("?") ? "&" : "?")schema=m\(UInt32.random(in: .min ... .max))"
    }

    @Test(arguments: ["sqlite:", "lmdb:"] + servers)
    func while_a_service_runs_on_the_source_or_the_target_neither_is_touched(
        place: String
    ) async throws {
        let folder = TemporaryDirectory()
        let url = place.hasSuffix(":") ? place + folder.file("source") : Self.own(place)
        let other = "sqlite:\(folder.file("other.db"))"
        try await fill(url)
        try await running(on: url) { _ in
            let error = await #expect(throws: UsageError.self) { try await move(url, other) }
            #expect(error?.message.contains("has the source open") == true)
        }
        #expect(try await all(other).allSatisfy(\.isEmpty))
        try await fill(other)
        let target = place.hasSuffix(":") ? place + folder.file("target") : Self.own(place)
        try await running(on: target) { _ in
            let error = await #expect(throws: UsageError.self) { try await move(other, target) }
            #expect(error?.message.contains("has the target open") == true)
        }
        #expect(try await move(other, target).first?.records == 600)
    }

    /// Embedded engines, PostgreSQL and MariaDB refuse it; on MongoDB the copy is not taken for a good one.
    @Test(arguments: ["sqlite:", "lmdb:"] + servers, [true, false])
    func a_service_that_starts_while_data_is_moved_makes_no_two_truths(place: String, isIdle: Bool) async throws {
        let folder = TemporaryDirectory()
        let url = place.hasSuffix(":") ? place + folder.file("source") : Self.own(place)
        try await fill(url)
        let began = Amid { [self] body in
            try await running(on: url) { database in
                if !isIdle {
                    try await database.transaction { tx in
                        try await tx.insert(Self.record(1_000, of: Self.collections[0]), into: Self.collections[0])
                    }
                }
                await body()
            }
        }
        let error: UsageError?
        do {
            _ = try await move(url, "sqlite:\(folder.file("copy.db"))", showing: began)
            error = nil
        } catch let caught as UsageError {
            error = caught
        }
        let refusal = try await began.end()
        if place.hasPrefix("mongodb") {
            #expect(refusal == nil)
            let words = isIdle ? "has opened the source while it was copied" : "was changed while it was copied"
            #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        } else {
            #expect(error == nil)
            #expect(refusal?.code == .unavailable && refusal?.message.contains("is being moved") == true)
            #expect(try await all(url)[0].count == 600)
        }
    }

    /// As a service is that has started there and has nothing to do, but for `body`.
    private func running(
        on url: String, _ body: @escaping @Sendable (any Database) async throws -> Void
    ) async throws {
        try await LoopKind.threads.run { loop in
            let database = try engine(url).open(loop: loop)
            let result: Result<Void, any Error>
            do {
                try await database.migrate(Self.migrations)
                result = .success(try await body(database))
            } catch {
                result = .failure(error)
            }
            await database.close()
            try result.get()
        }
    }

    @Test func a_target_that_holds_something_is_refused_and_left_alone() async throws {
        let folder = TemporaryDirectory()
        let (from, to) = ("sqlite:\(folder.file("from.db"))", "lmdb:\(folder.file("to"))")
        try await fill(from)
        try await fill(to, count: 3)
        let before = try await all(to)
        let error = await #expect(throws: UsageError.self) { try await move(from, to) }
        #expect(error?.message.contains("must be empty") == true)
        #expect(try await all(to) == before)
    }

    @Test func a_source_that_holds_nothing_is_refused_before_the_target_is_made() async throws {
        let folder = TemporaryDirectory()
        let error = await #expect(throws: UsageError.self) {
            try await move("sqlite:\(folder.file("from.db"))", "sqlite:\(folder.file("to.db"))")
        }
        #expect(error?.message.contains("source is empty") == true)
        #expect(throws: UsageError.self) {
            let words = ["order", "--from", "sqlite:\(folder.file("none.db"))", "--to", "lmdb:\(folder.file("to"))"]
            try Commands.run(CopyCommand.self, words)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("none.db")))
    }

    @Test(arguments: [
        ["order"], ["order", "--from", "sqlite:a"], ["gateway", "--from", "sqlite:a", "--to", "sqlite:b"],
        ["order", "--from", "sqlite:a", "--to", "sqlite:a"], ["order", "--from", "oracle:a", "--to", "sqlite:a"],
    ])
    func what_makes_no_sense_is_refused(words: [String]) {
        #expect(throws: UsageError.self) { try Commands.run(CopyCommand.self, words) }
    }

    @Test func a_single_byte_makes_another_checksum() {
        let schema = CollectionSchema(
            name: "c", fields: [FieldSchema(name: "f", type: .text, isUnique: false, isIndexed: false)])
        let records = [
            Record(id: "a", version: 1, document: [1, 2], fields: ["x"]),
            Record(id: "b", version: 1, document: [1, 2], fields: ["x"]),
            Record(id: "a", version: 2, document: [1, 2], fields: ["x"]),
            Record(id: "a", version: 1, document: [1], fields: ["x"]),
            Record(id: "a", version: 1, document: [1, 2], fields: [nil]),
            Record(id: "a", version: 1, document: [1, 2], fields: [""]),
        ]
        let checksums = records.map { record in
            var checksum = RecordChecksum()
            checksum.add(record, of: schema)
            return checksum.text
        }
        #expect(Set(checksums).count == records.count)
    }

    // MARK: Databases

    private func move(
        _ from: String, _ to: String, showing progress: any CopyProgress = Unshown()
    ) async throws -> [DatabaseCopy.Copy] {
        try await LoopKind.threads.run { loop in
            try await DatabaseCopy(Self.migrations, of: "order", loop: loop).run(
                from: engine(from).withOneConnection.open(loop: loop),
                to: engine(to).withOneConnection.open(loop: loop),
                showing: progress)
        }
    }

    /// Fewer records in each further collection, so that no two have the same number.
    private func fill(_ url: String, count: Int = 600) async throws {
        try await LoopKind.threads.run { loop in
            let database = try engine(url).open(loop: loop)
            try await database.migrate(Self.migrations)
            try await database.transaction { tx in
                for (index, collection) in Self.collections.enumerated() {
                    for number in 0..<max(0, count - index * 100) {
                        try await tx.insert(Self.record(number, of: collection), into: collection)
                    }
                }
            }
            await database.close()
        }
    }

    private func all(_ url: String) async throws -> [[Record]] {
        try await LoopKind.threads.run { loop in
            let database = try engine(url).open(loop: loop)
            try await database.migrate(Self.migrations)
            let records = try await database.read { tx in
                var records: [[Record]] = []
                for collection in Self.collections {
                    records.append(try await tx.query(collection, Query(limit: 10_000)))
                }
                return records
            }
            await database.close()
            return records
        }
    }

    private func engine(_ url: String) throws -> DatabaseEngine {
        try DatabaseEngine(url: url, service: "order")
    }

    private static func record(_ number: Int, of collection: CollectionSchema) -> Record {
        Record(
            id: ["é", "a/", "Z", "\u{1F336}"][number % 4] + "\(number)", version: Int64(number + 1),
            document: Array("{\"number\": \(number), \"text\": \"\u{1F336} \\u0000\"}".utf8),
            fields: collection.fields.map { field in
                guard field.isUnique || number % 3 > 0 else { return nil }
                return switch field.type {
                case .text: .text("text \(number) é")
                case .integer: .integer(Int64(number) * (number % 2 == 0 ? 1 : -1))
                case .real: .real(Double(number) / 7)
                case .boolean: .boolean(number % 2 == 0)
                }
            })
    }
}

private struct Unshown: CopyProgress {
    func begin(_ collection: String, total: Int) {}
    func show(_ done: Int) {}
}

/// Lets something begin when the first collection is copied, and go on until all of them are.
private final class Amid: CopyProgress {
    private let action: @Sendable (_ whileCopying: @escaping @Sendable () async -> Void) async throws -> Void
    private let (over, end) = AsyncStream<Void>.makeStream()
    private let task = Mutex<Task<Void, any Error>?>(nil)
    private let total = Mutex(0)

    init(
        _ action: @escaping @Sendable (_ whileCopying: @escaping @Sendable () async -> Void) async throws -> Void
    ) {
        self.action = action
    }

    func begin(_ collection: String, total: Int) { self.total.withLock { $0 = total } }

    func show(_ done: Int) {
        guard done == total.withLock({ $0 }), task.withLock({ $0 == nil }) else { return }
        let hasBegun = DispatchSemaphore(value: 0)
        let task = Task.detached { [action, over] in
            defer { hasBegun.signal() }
            try await action {
                hasBegun.signal()
                for await _ in over {}
            }
        }
        self.task.withLock { $0 = task }
        // Here the copy waits.
        _ = hasBegun.wait(timeout: .now() + 60)
    }

    /// What kept it from beginning.
    func end() async throws -> StorageError? {
        end.finish()
        do {
            try await task.withLock { $0 }?.value
            return nil
        } catch let error as StorageError {
            return error
        }
    }
}
