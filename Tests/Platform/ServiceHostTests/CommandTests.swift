import Configuration
import FoundationEssentials
import HTTP
import Idempotency
import Kernel
import PlatformTestSupport
import ServiceHost
import ServiceTestSupport
import Storage
import Synchronization
import Testing

/// A parcel that is sent once.
private struct Parcel: Entity {
    let id: String
    var version: Int64 = 0
    var state = "READY"

    static let collection = Collection<Parcel>("parcels", fields: [])
}

private struct SendParcel: Codable, Sendable {
    let note: String
}

private struct ParcelAnswer: Codable, Sendable {
    let id: String
    let state: String
    let tries: Int
}

/// How the carrier, who is outside of the service, and the recording behave, and how often each was asked.
private final class Carrier: Sendable {
    enum Mood: String, Sendable {
        case takes, refuses, isPending, forgets
        /// The process dies while the carrier is asked.
        case isLost
    }
    static let shared = Carrier()
    private let state = Mutex<(mood: Mood, asked: [String])>((.takes, []))

    var asked: [String] { state.withLock { $0.asked } }

    func become(_ mood: Mood) { state.withLock { $0 = (mood, $0.asked) } }
    func reset() { state.withLock { $0 = (.takes, []) } }

    func ask(_ id: String) throws -> Mood {
        let mood = state.withLock { state in
            state.asked.append(id)
            return state.mood
        }
        guard mood != .isLost else { throw CancellationError() }
        return mood
    }
}

private struct ParcelService: ServiceDefinition {
    static let name = "parcel"
    static let kind = ServiceKind.persistence
    static let port = 1
    static let summary = "sends parcels"
    static let migrations = [
        Migration(
            1, "tables",
            [.create(Parcel.collection.schema), .create(IdempotencyStore.collection.schema)]
                + ServiceEnvironment.migrationSteps)
    ]
    private let keepsWork: Bool

    init(from section: Configuration) {
        keepsWork = section.bool("keepsWork", default: false)
    }

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let parcels = Repository<Parcel>(try context.database)
        let commands = Commands(
            context, keys: IdempotencyStore(loop: context.loop, keeping: nil), lease: .seconds(10),
            lostLease: keepsWork ? .keepsWork : .undoesWork)
        let keyless = Commands(
            context, keys: IdempotencyStore(loop: context.loop, keeping: nil), ignoresKeys: true)
        return ServiceParts(routes: [
            RouteDeclaration<Commands>.command(
                "/parcels", summary: "Makes a parcel", body: SendParcel.self, answers: ParcelAnswer.self,
                statuses: [201, 422], key: .optional, by: \.self
            ) { _, command, call in
                try await call.once(subject: context.identifiers.next("P-")) { attempt, tx in
                    let parcel = try await parcels.insert(Parcel(id: attempt.subject), in: tx)
                    guard command.note != "refuse" else { throw Problem(status: 422, detail: "refused") }
                    return try Self.answer(parcel, 201)
                }
            }.bound(to: commands),
            RouteDeclaration<Commands>.command(
                "/sendings", summary: "Makes and sends a parcel", optionalBody: SendParcel.self,
                answers: ParcelAnswer.self, statuses: [201, 202, 422], key: .required, by: \.self
            ) { _, command, call in
                try await call.answer(subject: context.identifiers.next("P-")) { attempt, tx -> CommandStart<Parcel> in
                    if attempt.isResumed, let known = try await parcels.find(attempt.subject, in: tx) {
                        return .accepted(known)
                    }
                    let parcel = try await parcels.insert(Parcel(id: attempt.subject), in: tx)
                    guard command?.note != "local" else { return .answer(.complete(try Self.answer(parcel, 201))) }
                    return .accepted(parcel)
                } afterwards: { parcel in
                    // Slow: others may take the key meanwhile.
                    if command?.note == "slow" { try await context.loop.sleep(for: .seconds(20)) }
                    return try Carrier.shared.ask(parcel.id)
                } record: { mood, parcel, tx in
                    guard var parcel = try await parcels.find(parcel.id, in: tx) else {
                        throw Problem.notFound("parcel \(parcel.id)")
                    }
                    switch mood {
                    case .refuses: return .release(throwing: Problem(status: 503, detail: "not taken"))
                    case .isPending: return .release(try Self.answer(parcel, 202))
                    case .forgets:
                        try await parcels.delete(parcel, in: tx)
                        return .forget(throwing: Problem(status: 503, detail: "gone"))
                    case .takes, .isLost:
                        if parcel.state != "SENT" {
                            parcel.state = "SENT"
                            parcel = try await parcels.update(parcel, in: tx)
                        }
                        return .complete(try Self.answer(parcel, 201))
                    }
                }
            }.bound(to: commands),
            RouteDeclaration<Commands>.command(
                "/unkeyed", summary: "Makes a parcel each time", answers: ParcelAnswer.self, statuses: [201],
                key: .optional, by: \.self
            ) { _, call in
                try await call.once(subject: context.identifiers.next("P-")) { attempt, tx in
                    try Self.answer(try await parcels.insert(Parcel(id: attempt.subject), in: tx), 201)
                }
            }.bound(to: keyless),
            .get("/parcels", summary: "Counts parcels", answers: ParcelAnswer.self) { _ in
                let all = try await parcels.all(Query(limit: 100))
                return .text("\(all.count) \(all.filter { $0.state == "SENT" }.count)")
            },
        ])
    }

    private static func answer(_ parcel: Parcel, _ status: Int) throws -> Response {
        try .json(
            ParcelAnswer(id: parcel.id, state: parcel.state, tries: Carrier.shared.asked.count), status: status)
    }
}

/// The carrier is one for all: one test after the other.
@Suite(.serialized) struct CommandTests {
    @Test func a_repetition_is_answered_as_the_first_request_was_and_has_no_effect() async throws {
        try await run { (service) async throws in
            let first = try await service.command("/parcels", key: "k")
            let second = try await service.command("/parcels", key: "k")
            #expect(first.status == 201 && second.status == 201 && first.body == second.body)
            #expect(second.headers["Idempotent-Replayed"] == "true" && first.headers["Idempotent-Replayed"] == nil)
            #expect(try await service.parcels == "1 0")
        }
    }

    @Test func a_refusal_undoes_the_work_and_leaves_the_key_free() async throws {
        try await run { (service) async throws in
            #expect(try await service.command("/parcels", #"{"note":"refuse"}"#, key: "k").status == 422)
            #expect(try await service.parcels == "0 0")
            let other = try await service.command("/parcels", key: "k")
            #expect(other.status == 201 && other.headers["Idempotent-Replayed"] == nil)
        }
    }

    @Test func a_key_of_another_request_is_refused() async throws {
        try await run { (service) async throws in
            #expect(try await service.command("/parcels", key: "k").status == 201)
            #expect(try await service.command("/parcels", #"{"note":"other"}"#, key: "k").status == 422)
            #expect(try await service.command("/sendings", key: "k").status == 422)
            #expect(try await service.parcels == "1 0")
        }
    }

    @Test(arguments: [("/parcels", nil, 201), ("/sendings", nil, 400), ("/parcels", "", 400), ("/unkeyed", "", 201)])
    func a_missing_or_malformed_key_is_refused_where_keys_count(path: String, key: String?, status: Int) async throws {
        try await run { (service) async throws in
            #expect(try await service.command(path, key: key).status == status)
        }
    }

    @Test func a_command_that_ignores_keys_does_its_work_each_time() async throws {
        try await run { (service) async throws in
            for _ in 1...2 { #expect(try await service.command("/unkeyed", key: "k").status == 201) }
            #expect(try await service.parcels == "2 0")
        }
    }

    @Test func work_that_needs_nobody_outside_is_answered_and_kept_in_the_first_transaction() async throws {
        try await run { (service) async throws in
            for _ in 1...2 {
                #expect(try await service.command("/sendings", #"{"note":"local"}"#, key: "k").status == 201)
            }
            #expect(try await service.parcels == "1 0" && Carrier.shared.asked.isEmpty)
        }
    }

    @Test func a_request_that_died_outside_is_resumed_with_its_subject_once_the_lease_has_ended() async throws {
        try await run { (service) async throws in
            Carrier.shared.become(.isLost)
            #expect(try await service.command("/sendings", key: "k").status == 500)
            Carrier.shared.become(.takes)
            let early = try await service.command("/sendings", key: "k")
            #expect(early.status == 409 && early.headers["Retry-After"] != nil)
            try await service.loop.sleep(for: .seconds(11))
            let late = try await service.command("/sendings", key: "k")
            #expect(late.status == 201 && late.headers["Idempotent-Replayed"] == nil)
            // The carrier was asked twice about one parcel.
            #expect(Set(Carrier.shared.asked).count == 1 && Carrier.shared.asked.count == 2)
            #expect(try await service.parcels == "1 1")
            let replay = try await service.command("/sendings", key: "k")
            #expect(replay.headers["Idempotent-Replayed"] == "true" && replay.body == late.body)
        }
    }

    @Test(arguments: ["isPending", "refuses"])
    func an_answer_that_is_not_the_last_word_frees_the_key_for_the_same_work(mood: String) async throws {
        try await run { (service) async throws in
            Carrier.shared.become(try #require(Carrier.Mood(rawValue: mood)))
            #expect(try await service.command("/sendings", key: "k").status == (mood == "isPending" ? 202 : 503))
            Carrier.shared.become(.takes)
            #expect(try await service.command("/sendings", key: "k").status == 201)
            #expect(Set(Carrier.shared.asked).count == 1)
            #expect(try await service.parcels == "1 1")
        }
    }

    @Test func a_forgotten_key_begins_with_another_subject() async throws {
        try await run { (service) async throws in
            Carrier.shared.become(.forgets)
            #expect(try await service.command("/sendings", key: "k").status == 503)
            Carrier.shared.become(.takes)
            #expect(try await service.command("/sendings", key: "k").status == 201)
            #expect(Set(Carrier.shared.asked).count == 2)
            #expect(try await service.parcels == "1 1")
        }
    }

    @Test(arguments: [(false, 409), (true, 201)])
    func a_slow_request_loses_its_lease_to_a_second_one(keepsWork: Bool, status: Int) async throws {
        try await run("keepsWork: \(keepsWork)") { (service) async throws in
            async let slow = service.command("/sendings", #"{"note":"slow"}"#, key: "k")
            try await service.loop.sleep(for: .seconds(11))
            let second = try await service.command("/sendings", #"{"note":"slow"}"#, key: "k")
            // The second one has the key, and the first one's answer is not stored over it.
            #expect(second.status == 201)
            #expect(try await slow.status == status)
            #expect(try await service.parcels == "1 1")
            #expect(Set(Carrier.shared.asked).count == 1)
        }
    }

    /// If the slow request undid its work, the second request would go on with work that is gone.
    @Test(arguments: [false, true])
    func a_slow_request_without_its_lease_undoes_nothing(keepsWork: Bool) async throws {
        try await run("keepsWork: \(keepsWork)") { (service) async throws in
            async let slow = service.command("/sendings", #"{"note":"slow"}"#, key: "k")
            try await service.loop.sleep(for: .seconds(11))
            async let second = service.command("/sendings", #"{"note":"slow"}"#, key: "k")
            Carrier.shared.become(.forgets)
            #expect(try await slow.status == 409)
            Carrier.shared.become(.takes)
            #expect(try await second.status == 201)
            #expect(try await service.parcels == "1 1")
        }
    }

    @Test(arguments: [1, 2], LossyDatabase.Loss.allCases)
    func a_lost_commit_leaves_one_effect_and_one_answer(number: Int, loss: LossyDatabase.Loss) async throws {
        Carrier.shared.reset()
        try await withServices([ParcelService.self]) { services in
            let database = try #require(services.database(of: ParcelService.name))
            database.arm(number, loss)
            let lost = try await services.send(.post, "parcel", "/sendings", #"{"note":"a"}"#, key: "k")
            database.disarm()
            #expect(database.hasFailed && lost.status >= 500)
            // The first transaction was certainly not stored where the connection broke before it.
            #expect((lost.status == 503) == (number == 1 && loss == .connection))
            try await services.loop.sleep(for: .seconds(11))
            let again = try await services.send(.post, "parcel", "/sendings", #"{"note":"a"}"#, key: "k")
            #expect(again.status == 201)
            let count = try await services.send(.get, "parcel", "/parcels")
            #expect(String(decoding: count.body, as: UTF8.self) == "1 1")
            #expect(Set(Carrier.shared.asked).count == 1)
        }
    }

    @Test func of_many_requests_with_one_key_one_does_the_work() async throws {
        try await run { (service) async throws in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 1...10 { group.addTask { try await service.command("/parcels", key: "k").status } }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(statuses.isSubset(of: [201, 409]) && statuses.contains(201))
            #expect(try await service.parcels == "1 0")
        }
    }

    private func run(
        _ yaml: String = "", _ body: @escaping @Sendable (ServiceUnderTest) async throws -> Void
    ) async throws {
        Carrier.shared.reset()
        try await withService(ParcelService.self, yaml, body)
    }
}

extension ServiceUnderTest {
    fileprivate func command(
        _ path: String, _ body: String = #"{"note":"a"}"#, key: String?
    ) async throws -> Response {
        var headers: Headers = ["Content-Type": "application/json"]
        if let key { headers.add("Idempotency-Key", key) }
        return try await send(.post, path, body, headers: headers)
    }

    fileprivate var parcels: String {
        get async throws { String(decoding: try await send(.get, "/parcels").body, as: UTF8.self) }
    }
}
