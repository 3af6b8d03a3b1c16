import FoundationEssentials
import Kernel
import PlatformTestSupport
import Simulation
import Storage
import StorageSQLite
import Testing

@Suite struct SQLiteFileTests {
    let directory = TemporaryDirectory()
    let loop = SimulatedLoop(seed: 1)

    @Test func a_missing_directory_is_named() {
        let error = #expect(throws: StorageError.self) {
            try SQLiteDatabase(path: directory.file("none/x.db"), loop: loop)
        }
        #expect(error?.message.contains("its directory does not exist") == true)
    }

    @Test func a_folder_in_the_place_of_the_file_is_named() throws {
        let path = directory.file("folder.db")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let error = #expect(throws: StorageError.self) { try SQLiteDatabase(path: path, loop: loop) }
        #expect(error?.message.contains("folder.db: it is a folder") == true, "\(String(describing: error))")
    }

    @Test func a_file_that_is_no_database_is_named() throws {
        let path = directory.file("text.db")
        try Data(String(repeating: "this is not a database. ", count: 100).utf8).write(to: URL(filePath: path))
        let error = #expect(throws: StorageError.self) { try SQLiteDatabase(path: path, loop: loop) }
        #expect(error?.message.contains("not a SQLite database") == true)
        #expect(error?.isRetriable == false)
    }

    @Test func documents_are_JSON_text_and_fields_are_columns() throws {
        let path = directory.file("plain.db")
        let schema = CollectionSchema(
            name: "odd \"name\"", fields: [FieldSchema(name: "order by", type: .text, isUnique: false, isIndexed: true)]
        )
        try loop.run {
            let database = try SQLiteDatabase(path: path, loop: loop)
            try await database.migrate([Migration(1, "one", [.create(schema)])])
            try await database.transaction { tx in
                let document = Array(#"{"qty":3}"#.utf8)
                try await tx.insert(Record(id: "1", version: 1, document: document, fields: ["x\0y"]), into: schema)
                let found = try await tx.query(schema, Query(where: [.equal("order by", "x\0y")], limit: 1))
                #expect(found.first?.document == document)
            }
            await database.close()
        }
    }

    @Test(arguments: ["", "-wal"], [false, true]) func a_file_that_was_removed_while_it_was_open_takes_nothing_more(
        suffix: String, isReplaced: Bool
    ) throws {
        let path = directory.file("removed.db")
        let schema = CollectionSchema(name: "notes", fields: [])
        let record = Record(id: "1", version: 1, document: [], fields: [])
        try loop.run {
            let database = try SQLiteDatabase(path: path, loop: loop)
            try await database.migrate([Migration(1, "notes", [.create(schema)])])
            try await database.check()
            try FileManager.default.removeItem(atPath: path + suffix)
            if isReplaced { try Data().write(to: URL(filePath: path + suffix)) }
            let attempts: [@Sendable () async throws -> Void] = [
                { try await database.check() },
                { try await database.transaction { try await $0.put(record, in: schema) } },
            ]
            for attempt in attempts {
                do {
                    try await attempt()
                    Issue.record("it was taken")
                } catch let error as StorageError {
                    #expect(error.code == .unavailable && error.message.contains("removed or replaced"))
                }
            }
            await database.close()
        }
    }

    @Test func a_file_shrinks_by_slices_while_old_records_are_deleted() throws {
        let path = directory.file("shrinking.db")
        let schema = CollectionSchema(
            name: "notes", fields: [FieldSchema(name: "at", type: .integer, isUnique: false, isIndexed: true)])
        let released = try loop.run {
            let database = try SQLiteDatabase(path: path, loop: loop)
            try await database.migrate([Migration(1, "notes", [.create(schema)])])
            for slice in 0..<20 {
                try await database.transaction { tx in
                    for number in 0..<500 {
                        let id = "\(slice * 500 + number)"
                        try await tx.insert(
                            Record(
                                id: id, version: 1, document: Array(repeating: 65, count: 800),
                                fields: [.integer(Int64(slice))]), into: schema)
                    }
                }
            }
            var released: [Int64] = []
            for slice in 0..<20 {
                let before = try Self.freePages(path)
                try await database.transaction { tx in
                    let conditions = [Condition.equal("at", .integer(Int64(slice)))]
                    let count = try await tx.deleteAll(where: conditions, limit: 500, from: schema)
                    #expect(count == 500)
                }
                let deleted = try Self.freePages(path)
                try await database.transaction { try await $0.releaseSpace() }
                let after = try Self.freePages(path)
                #expect(deleted >= before)
                released.append(deleted - after)
            }
            // The log is copied into the file, which is cut then.
            await database.close()
            return released
        }
        // Never more than a slice at a time, and nothing while few pages are free.
        #expect(released.allSatisfy { (0...256).contains($0) } && released.first == 0, "\(released)")
        #expect(released.reduce(0, +) > 1500)
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? .max
        #expect(size < 600 * 4096, "\(size) bytes are left of eight million")
    }

    @Test func a_file_of_an_earlier_version_keeps_its_length_and_works() throws {
        let path = directory.file("earlier.db")
        let schema = CollectionSchema(name: "notes", fields: [])
        try loop.run {
            let plain = try Connection(path: path, mode: .readWrite)
            try plain.execute("PRAGMA auto_vacuum = NONE")
            try plain.execute("VACUUM")
            plain.close()
            let database = try SQLiteDatabase(path: path, loop: loop)
            try await database.migrate([Migration(1, "notes", [.create(schema)])])
            let ids = (0..<2000).map { "\($0)" }
            try await database.transaction { tx in
                let document = [UInt8](repeating: 65, count: 2000)
                for id in ids {
                    try await tx.insert(Record(id: id, version: 1, document: document, fields: []), into: schema)
                }
            }
            try await database.transaction { tx in
                try await tx.deleteAll(ids: ids, from: schema)
                try await tx.releaseSpace()
            }
            #expect(try Self.freePages(path) > 500)
            #expect(try await database.integrityFaults().isEmpty)
            await database.close()
        }
    }

    private static func freePages(_ path: String) throws -> Int64 {
        let connection = try Connection(path: path, mode: .read)
        defer { connection.close() }
        return try connection.statement("PRAGMA freelist_count").first { $0.integer(0) } ?? 0
    }

    @Test func a_field_named_like_a_fixed_column_is_refused() throws {
        let schema = CollectionSchema(
            name: "t", fields: [FieldSchema(name: "Version", type: .text, isUnique: false, isIndexed: false)])
        let path = directory.file("fixed.db")
        #expect(throws: StorageError.self) {
            try loop.run {
                let database = try SQLiteDatabase(path: path, loop: loop)
                try await database.migrate([Migration(1, "one", [.create(schema)])])
            }
        }
    }
}
