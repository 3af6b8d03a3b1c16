import Configuration
import FoundationEssentials
import HTTP
import Kernel
import Messaging
import ServiceHost
import ServiceTestSupport
import Storage
import Testing

private struct ToyMade: EventPayload {
    static let type = "test.toy.ToyMade.v1"
    let colour: String
}

private struct ToyPainted: EventPayload {
    static let type = "test.toy.ToyPainted.v1"
    let colour: String
}

private struct ToyLost: EventPayload {
    static let type = "test.toy.ToyLost.v1"
    let toyId: String
}

private struct Toy: Aggregate, Hashable {
    let id: String
    var version: Int64 = 0
    var recorded = RecordedEvents()
    private(set) var colour: String
    var eventSubject: String { "story-\(id)" }

    static let collection = Collection<Toy>("toys", fields: [])

    init(id: String) {
        self.id = id
        colour = "plain"
        record(ToyMade(colour: colour))
    }

    mutating func paint(_ colour: String) {
        self.colour = colour
        record(ToyPainted(colour: colour))
    }
}

/// `POST /toys/{action}` does what the name of the action says to the toy `T`.
private struct ToyService: ServiceDefinition {
    static let name = "toy"
    static let kind = ServiceKind.persistence
    static let port = 1
    static let summary = "makes toys"
    static let publishes: [any EventPayload.Type] = [ToyMade.self, ToyPainted.self, ToyLost.self]
    static let migrations = [
        Migration(1, "tables", [.create(Toy.collection.schema)] + ServiceEnvironment.migrationSteps)
    ]

    init(from section: Configuration) {}

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let toys = try context.repository(of: Toy.self)
        return ServiceParts(routes: [
            .post("/toys/{action}", summary: "Changes the toy") { request in
                let action: String = try request.parameter("action")
                let toy = try await context.transaction { tx in try await act(action, toys, context, in: tx) }
                return .text("\(toy.version) \(toy.recorded.isEmpty ? "told" : "untold")")
            }
        ])
    }

    private func act(
        _ action: String, _ toys: Repository<Toy>, _ context: ServiceEnvironment, in tx: any Transaction
    ) async throws -> Toy {
        let new = Toy(id: "T")
        if action == "make" { return try await toys.insert(new, in: tx) }
        if action == "makeIfAbsent" {
            _ = try await toys.insertIfAbsent(new, in: tx)
            return try await toys.find("T", in: tx) ?? new
        }
        guard var toy = try await toys.find("T", in: tx) else { throw Problem.notFound("toy") }
        switch action {
        case "paintTwice":
            toy.paint("red")
            toy.paint("blue")
            return try await toys.update(toy, in: tx)
        case "paintAndFail":
            toy.paint("red")
            try await toys.update(toy, in: tx)
            throw Problem(status: 422, detail: "refused")
        case "paintOld":
            toy.version -= 1
            toy.paint("red")
            // The conflict is not the end of the transaction.
            _ = try? await toys.update(toy, in: tx)
        case "makeTwice": _ = try? await toys.insert(new, in: tx)
        case "lose":
            toy.record(ToyLost(toyId: toy.id))
            try await toys.delete(toy, in: tx)
        case "tellAgain":
            toy.record(ToyPainted(colour: toy.colour))
            try await context.publish(recordedBy: toy, in: tx)
        default: throw Problem.notFound(action)
        }
        return try await toys.find("T", in: tx) ?? Toy(id: "T")
    }
}

@Suite struct AggregateTests {
    @Test func recorded_events_are_published_with_the_stored_version_and_in_order() async throws {
        try await run { (shop) async throws in
            #expect(try await shop.act("make") == "1 told")
            #expect(try await shop.act("paintTwice") == "2 told")
            #expect(try await shop.act("lose") == "0 untold")
            #expect(
                try await shop.told(4) == [
                    "test.toy.ToyMade.v1 story-T 1 {\"colour\":\"plain\"}",
                    "test.toy.ToyPainted.v1 story-T 2 {\"colour\":\"red\"}",
                    "test.toy.ToyPainted.v1 story-T 2 {\"colour\":\"blue\"}",
                    "test.toy.ToyLost.v1 story-T 3 {\"toyId\":\"T\"}",
                ])
        }
    }

    @Test(arguments: ["paintAndFail", "paintOld", "makeTwice", "makeIfAbsent"])
    func no_event_is_published_for_a_change_that_is_not_stored(action: String) async throws {
        try await run { (shop) async throws in
            _ = try await shop.act("make")
            _ = try await shop.act(action)
            // The last event shows that all before it have come.
            #expect(try await shop.act("paintTwice") == "2 told")
            #expect(try await shop.told(3).map { $0.prefix(24) }.contains("test.toy.ToyPainted.v1 s"))
            #expect(try await shop.told(3).count == 3)
        }
    }

    @Test func an_aggregate_that_is_absent_is_inserted_with_its_events() async throws {
        try await run { (shop) async throws in
            #expect(try await shop.act("makeIfAbsent") == "1 told")
            #expect(try await shop.told(1) == ["test.toy.ToyMade.v1 story-T 1 {\"colour\":\"plain\"}"])
        }
    }

    @Test func an_aggregate_that_is_not_changed_can_tell_with_its_stored_version() async throws {
        try await run { (shop) async throws in
            _ = try await shop.act("make")
            #expect(try await shop.act("tellAgain") == "1 told")
            #expect(try await shop.told(2).last == "test.toy.ToyPainted.v1 story-T 1 {\"colour\":\"plain\"}")
        }
    }

    @Test func recorded_events_are_neither_stored_nor_compared() throws {
        var toy = Toy(id: "T")
        var untold = toy
        untold.recorded.removeAll()
        #expect(toy == untold && Set([toy, untold]).count == 1)
        let document = try JSON.encode(toy)
        #expect(String(decoding: document, as: UTF8.self) == #"{"id":"T","version":0,"colour":"plain"}"#)
        #expect(try JSON.decode(Toy.self, from: document).recorded.isEmpty)
        toy.paint("red")
        let taken = toy.recorded.takeAll()
        #expect(toy.recorded.isEmpty && untold.recorded.payloads.isEmpty)
        #expect(taken.payloads.map { type(of: $0).type } == [ToyMade.type, ToyPainted.type])
    }

    private func run(_ body: @escaping @Sendable (ServicesUnderTest) async throws -> Void) async throws {
        try await withServices([ToyService.self]) { try await body($0) }
    }
}

extension ServicesUnderTest {
    fileprivate func act(_ action: String) async throws -> String {
        String(decoding: try await send(.post, "toy", "/toys/\(action)").body, as: UTF8.self)
    }

    /// Everything that was published, once it is so many events.
    fileprivate func told(_ count: Int) async throws -> [String] {
        try await until { self.log.events.count >= count }
        return log.events.map {
            "\($0.type) \($0.subject) \($0.sequence) \(String(decoding: $0.data, as: UTF8.self))"
        }
    }
}
