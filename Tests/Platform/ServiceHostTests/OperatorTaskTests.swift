import Configuration
import FoundationEssentials
import HTTP
import Idempotency
import Kernel
import PlatformTestSupport
import ServiceHost
import ServiceTestSupport
import Storage
import Testing

private struct Doubt: Codable, Sendable {
    let subject: String
    let orderId: String?
    let fact: String
}

/// Opens and settles tasks on request. `refuse` cannot be carried out.
private struct DoubtService: ServiceDefinition {
    static let name = "doubt"
    static let kind = ServiceKind.persistence
    static let port = 1
    static let summary = "is in doubt"
    static let migrations = [
        Migration(
            1, "tables",
            [.create(OperatorTask.collection.schema), .create(IdempotencyStore.collection.schema)]
                + ServiceEnvironment.migrationSteps)
    ]
    private static let kindOfDoubt = OperatorTaskKind(
        "DOUBT", "somebody is in doubt", actions: [.init("close", "Closes it"), .init("refuse", "Cannot be done")])

    init(from section: Configuration) {}

    func parts(_ context: ServiceEnvironment) throws -> DoubtParts {
        DoubtParts(
            context: context, tasks: try OperatorTasks(context, kinds: [Self.kindOfDoubt]),
            commands: Commands(context, keys: IdempotencyStore(loop: context.loop, keeping: .seconds(86_400))))
    }

    static let routes: [RouteDeclaration<DoubtParts>] =
        [
            .post("/doubts", summary: "Opens a task", body: Doubt.self) { parts, _, doubt in
                let isNews = try await parts.context.transaction { tx in
                    try await parts.tasks.open(
                        kindOfDoubt, subject: doubt.subject, orderId: doubt.orderId,
                        evidence: [.init("fact", doubt.fact)], in: tx)
                }
                return .text("\(isNews)")
            },
            .post("/certainties", summary: "Settles a task", body: Doubt.self) { parts, _, doubt in
                try await parts.context.transaction { tx in
                    try await parts.tasks.settle(kindOfDoubt, subject: doubt.subject, reason: doubt.fact, in: tx)
                }
                return .text("settled")
            },
        ]
        + OperatorTasks.routes(of: \.tasks, by: \.commands) { _, _, decision, _ in
            if decision.action == "refuse" { throw Problem(status: 422, detail: "it cannot be done") }
        }

    static let jobs: [JobDeclaration<DoubtParts>] = [OperatorTasks.job { $0.tasks }]
}

private struct DoubtParts: Sendable {
    let context: ServiceEnvironment
    let tasks: OperatorTasks
    let commands: Commands
}

private struct Task: Decodable {
    struct Fact: Decodable { let name, value: String }
    struct Step: Decodable { let step: String }
    let id: String
    let state: String
    let evidence: [Fact]
    let history: [Step]
    let resolution: String?
    let resolvedBy: String?
}

private struct Tasks: Decodable {
    struct Embedded: Decodable { let tasks: [Task] }
    let _embedded: Embedded
}

@Suite struct OperatorTaskTests {
    @Test func one_subject_has_one_task_whose_history_keeps_all_evidence() async throws {
        try await withService(DoubtService.self) { service in
            #expect(try await service.doubt("A", "one") == "true")
            #expect(try await service.doubt("A", "one") == "false")
            #expect(try await service.doubt("A", "two") == "true")
            let task = try #require(try await service.tasks().first)
            #expect(task.evidence.map(\.value) == ["two"] && task.history.map(\.step) == ["OPENED", "EVIDENCE"])
        }
    }

    @Test func a_task_is_resolved_once_for_each_key_and_opened_again_by_the_next_occurrence() async throws {
        try await withService(DoubtService.self) { service in
            _ = try await service.doubt("A", "one")
            let first = try await service.resolve("DOUBT-A", "close", key: "K-1")
            let again = try await service.resolve("DOUBT-A", "close", key: "K-1")
            let other = try await service.resolve("DOUBT-A", "close", key: "K-2")
            #expect(first.status == 200 && again.headers["Idempotent-Replayed"] == "true" && other.status == 409)
            let resolved = try first.json(Task.self)
            #expect(resolved.state == "RESOLVED" && resolved.resolution == "close" && resolved.resolvedBy == "ann")
            #expect(try await service.tasks("?state=OPEN").isEmpty)
            _ = try await service.doubt("A", "one")
            let reopened = try #require(try await service.tasks("?state=OPEN").first)
            #expect(reopened.history.map(\.step) == ["OPENED", "close", "OPENED"] && reopened.resolution == nil)
        }
    }

    @Test func an_action_that_cannot_be_carried_out_leaves_the_task_open_and_the_key_free() async throws {
        try await withService(DoubtService.self) { service in
            _ = try await service.doubt("A", "one")
            #expect(try await service.resolve("DOUBT-A", "refuse", key: "K-1").status == 422)
            #expect(try await service.tasks("?state=OPEN").count == 1)
            #expect(try await service.resolve("DOUBT-A", "close", key: "K-1").status == 200)
        }
    }

    @Test func what_is_wrong_is_told_by_field() async throws {
        try await withService(DoubtService.self) { service in
            _ = try await service.doubt("A", "one")
            #expect(try await service.resolve("DOUBT-A", "dance", key: "K-1").fields == ["action"])
            #expect(try await service.resolve("DOUBT-A", "close", by: "", key: "K-1").fields == ["by"])
            #expect(try await service.resolve("DOUBT-A", "close", key: nil).fields == ["Idempotency-Key"])
            #expect(try await service.resolve("DOUBT-B", "close", key: "K-1").status == 404)
            #expect(try await service.send(.get, "/tasks?state=MAYBE").fields == ["state"])
            #expect(try await service.send(.get, "/tasks?kind=OTHER").fields == ["kind"])
        }
    }

    @Test func tasks_are_found_by_order_and_counted_by_kind() async throws {
        try await withService(DoubtService.self) { service in
            _ = try await service.doubt("A", "one", order: "ORD-1")
            _ = try await service.doubt("B", "one", order: "ORD-2")
            #expect(try await service.tasks("?orderId=ORD-2").map(\.id) == ["DOUBT-B"])
            _ = try await service.send(.post, "/certainties", #"{"subject": "B", "fact": "clear now"}"#)
            #expect(try await service.tasks("?state=RESOLVED").map(\.resolution) == ["SETTLED"])
            try await eventually(on: service.loop) {
                let text = try await service.send(.get, "/metrics").text
                return text.contains(#"sambal_operator_tasks{kind="DOUBT",state="OPEN"} 1"#)
                    && text.contains(#"sambal_operator_tasks{kind="DOUBT",state="RESOLVED"} 1"#)
                    && text.contains(#"sambal_operator_task_oldest_age_seconds{kind="DOUBT"}"#)
            }
        }
    }
}

extension ServiceUnderTest {
    fileprivate func doubt(_ subject: String, _ fact: String, order: String = "ORD-1") async throws -> String {
        try await send(
            .post, "/doubts", #"{"subject": "\#(subject)", "fact": "\#(fact)", "orderId": "\#(order)"}"#
        ).text
    }

    fileprivate func tasks(_ query: String = "") async throws -> [Task] {
        try await send(.get, "/tasks" + query).json(Tasks.self)._embedded.tasks
    }

    fileprivate func resolve(_ id: String, _ action: String, by: String = "ann", key: String?) async throws -> Response
    {
        var headers = Headers()
        if let key { headers.add("Idempotency-Key", key) }
        return try await send(
            .post, "/tasks/\(id)/resolution", #"{"action": "\#(action)", "by": "\#(by)", "reason": "seen"}"#,
            headers: headers)
    }
}
