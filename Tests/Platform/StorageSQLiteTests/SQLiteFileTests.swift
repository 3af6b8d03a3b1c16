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
