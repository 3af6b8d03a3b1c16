import Configuration
import Kernel
import PlatformTestSupport
import ServiceHost
import ServiceTestSupport
import Storage
import StorageSQLite
import Testing

/// Rows that an earlier version of a service stored, before a migration added a field.
@Suite struct FieldFillingTests {
    @Test func rows_of_an_earlier_version_are_found_by_the_new_field_and_written_once() async throws {
        try await withEarlierRows(size: .null) { service in
            try await service.loop.sleep(for: .seconds(65))
            #expect(try await service.count([.equal("size", 1)]) == 250)
            let boxes = try await service.boxes()
            #expect(boxes.count == 250 && boxes.allSatisfy { $0.version == 2 })
            try await service.loop.sleep(for: .seconds(130))
            #expect(try await service.boxes() == boxes)
        }
    }

    @Test func if_many_rows_have_no_value_all_are_read_once() async throws {
        try await withEarlierRows(size: .integer(1)) { service in
            try await service.loop.sleep(for: .seconds(10))
            #expect(try await service.count([.equal("colour", "red")]) == 125)
            #expect(try await service.boxes().map(\.version).reduce(0, +) == 125 * 2 + 125)
            await service.stop()
            try await service.start()
            // The service has read to the end, so that it does not find a row that comes later.
            try await service.opened.add(900, size: .integer(1))
            try await service.loop.sleep(for: .seconds(130))
            #expect(try await service.count([.equal("colour", "red")]) == 125)
        }
    }

    private func withEarlierRows(
        size: FieldValue, _ body: @escaping @Sendable (ServiceUnderTest) async throws -> Void
    ) async throws {
        try await LoopKind.simulated.run { loop in
            let service = try ServiceUnderTest(BoxService.self, on: loop)
            let before = try SQLiteDatabase(path: service.file("box.db"), loop: loop)
            try await before.migrate(BoxService.migrations)
            for number in 0..<250 { try await before.add(number, size: size) }
            await before.close()
            try await service.start()
            try await body(service)
            await service.stop()
        }
    }
}

/// Keeps boxes. Each has a size, which is searched for; every second one has a colour.
private struct BoxService: ServiceDefinition {
    static let name = "box"
    static let kind = ServiceKind.persistence
    static let port = 1
    static let summary = "keeps boxes"
    static let migrations = [
        Migration(
            1, "boxes",
            [.create(Box.collection.schema), .create(JobState.collection.schema)] + ServiceEnvironment.migrationSteps)
    ]

    init(from section: Configuration) {}

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let boxes = Repository<Box>(try context.database)
        let progress = Repository<JobState>(try context.database)
        let sizes = FieldFilling(context, of: boxes, among: [.equal("size", .null)])
        let colours = FieldFilling(context, of: boxes, needs: { $0.colour != nil })
        return ServiceParts(
            routes: [],
            background: [
                .init("sizes") { try await sizes.runRegularly(failure: "sizes could not be filled") },
                .init("colours") { try await colours.runOnce(named: "colours", progress: progress) },
            ])
    }
}

private struct Box: Entity, Hashable {
    let id: String
    var version: Int64 = 1
    let size: Int64
    let colour: String?

    static let collection = Collection<Box>(
        "boxes", fields: [.integer("size", indexed: true) { $0.size }, .text("colour", indexed: true) { $0.colour }])
}

extension Database {
    /// Stores a box as a version did that had no colour, and no size if it is null.
    fileprivate func add(_ number: Int, size: FieldValue) async throws {
        let box = Box(id: "B\(1000 + number)", size: 1, colour: number.isMultiple(of: 2) ? "red" : nil)
        try await transaction { tx in
            try await tx.insert(
                Record(id: box.id, version: 1, document: Array(try JSON.encode(box)), fields: [size, .null]),
                into: Box.collection.schema)
        }
    }
}

extension ServiceUnderTest {
    fileprivate var opened: any Database {
        get throws { try #require(database) }
    }

    fileprivate func count(_ conditions: [Condition]) async throws -> Int {
        try await Repository<Box>(opened).count(where: conditions)
    }

    fileprivate func boxes() async throws -> [Box] {
        try await Repository<Box>(opened).all(Query(sort: [Sort("id")], limit: 1000))
    }
}
