import Configuration
import FoundationEssentials
import HTTP
import Idempotency
import Kernel
import PlatformTestSupport
import ServiceTestSupport
import Storage
import Testing

@testable import ServiceHost

private struct Buyer: Codable, Sendable, Equatable {
    let name: String
}

/// A refund in a few lines: an account that is changed.
private struct Account: Entity, Equatable {
    let id: String
    var version: Int64 = 0
    var orderId = "ORD-1"
    var balance = 100
    var buyer = Buyer(name: "Sari")
    var apiToken = "t-1"
    var steps: [String] = ["opened"]

    static let collection = Collection<Account>("accounts", fields: [])
}

private struct Change: Codable, Sendable {
    let amount: Int
    let reason: String?
    let token: String?
}

private struct AccountService: ServiceDefinition {
    static let name = "account"
    static let kind = ServiceKind.persistence
    static let port = 1
    static let summary = "keeps accounts"
    static let migrations = [
        Migration(
            1, "tables",
            [.create(Account.collection.schema), .create(IdempotencyStore.collection.schema)]
                + ServiceEnvironment.migrationSteps)
    ]

    init(from section: Configuration) {}

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let accounts = Repository<Account>(try context.database)
        let commands = Commands(context, keys: IdempotencyStore(loop: context.loop, keeping: nil))
        func command(_ pattern: String) -> RouteDeclaration<Commands> {
            .command(
                pattern, summary: "Changes an account", body: Change.self, answers: Account.self, statuses: [200, 422],
                key: .optional, by: \.self
            ) { _, change, call in
                let id: String = try call.request.parameter("id")
                return try await call.once(subject: id, onConflict: .retry) { _, tx in
                    guard var account = try await accounts.find(id, in: tx) else {
                        return try .json(try await accounts.insert(Account(id: id), in: tx))
                    }
                    account.balance += change.amount
                    account.apiToken = change.token ?? account.apiToken
                    account.buyer = change.token == nil ? account.buyer : Buyer(name: "Budi")
                    account.steps.append("changed")
                    account = try await accounts.update(account, in: tx)
                    guard account.balance >= 0 else { throw Problem(status: 422, detail: "not enough") }
                    // What is undone with its savepoint is not told.
                    _ = try? await tx.savepoint { tx in
                        try await accounts.insert(Account(id: "undone"), in: tx)
                        throw Problem(status: 422, detail: "undone")
                    }
                    return try .json(account)
                }
            }
        }
        return ServiceParts(routes: [
            command("/accounts/{id}/changes").audited(as: "account.change").bound(to: commands),
            command("/accounts/{id}/steps").auditedForCallers(as: "account.step").bound(to: commands),
            command("/accounts/{id}/quiet").notAudited(because: "a test").bound(to: commands),
            Route.delete("/accounts/{id}", summary: "Deletes an account") { request in
                let id: String = try request.parameter("id")
                try await accounts.delete(id: id)
                return Response(status: 204)
            }.audited(as: "account.delete"),
        ])
    }
}

/// The records that a service writes about its own operations.
@Suite struct AuditLogTests {
    private static let ann: Headers = [
        "Sambal-Caller": "ann", "Sambal-Caller-Issuer": "till", "Sambal-Caller-Roles": "operator",
    ]

    private static func change(
        _ service: ServiceUnderTest, _ path: String, _ body: String = #"{"amount":5}"#, _ headers: Headers = ann
    ) async throws -> Response {
        try await service.send(.post, "/accounts/A-1/" + path, body, headers)
    }

    private static func list(_ service: ServiceUnderTest, _ query: String = "") async throws -> AuditPage {
        try await service.send(.get, "/audit" + query).json(AuditPage.self)
    }

    private static func fault(_ service: ServiceUnderTest) async throws -> AuditFault? {
        let page = try await service.send(.get, "/audit/chain").json(AuditChainPage.self)
        var chain = AuditChain(of: "account")
        do throws(AuditFault) {
            for stored in page.records { try chain.take(stored) }
            try chain.end(head: page.head)
            return nil
        } catch {
            return error
        }
    }

    @Test func a_record_tells_who_did_what_why_and_what_changed() async throws {
        try await ServiceUnderTest.run(AccountService.self) { service in
            _ = try await Self.change(service, "changes")
            var headers = Self.ann
            for (name, value) in [("X-Forwarded-For", "203.0.113.7"), ("X-Request-Id", "r-7")] {
                headers.add(name, value)
            }
            let trace = "0af7651916cd43dd8448eb211c80319c"
            headers.add("traceparent", "00-\(trace)-b7ad6b7169203331-01")
            let body = #"{"amount":-30,"reason":"the goods were broken","token":"t-secret"}"#
            #expect(try await Self.change(service, "changes", body, headers).status == 200)
            let page = try await Self.list(service)
            #expect(page.service == "account" && page.head?.number == 2 && page.next == nil)
            #expect(page.records.map(\.isIntact) == [true, true])
            let record = try #require(page.records.first?.record)
            #expect(record.number == 2 && record.service == "account" && record.operation == "account.change")
            #expect(record.who == "ann" && record.issuer == "till" && record.roles == ["operator"])
            #expect(record.forwarded == "203.0.113.7" && record.request == "r-7" && record.trace == trace)
            #expect(record.reason == "the goods were broken" && record.about == ["A-1", "ORD-1"])
            let change = try #require(record.changes.first)
            #expect(change.collection == "accounts" && change.id == "A-1" && record.changes.count == 1)
            #expect(
                change.before == [
                    "balance": 100, "version": 1, "apiToken": "***", "buyer.name": "***",
                ])
            #expect(
                change.after == [
                    "balance": 70, "version": 2, "steps[1]": "changed", "apiToken": "***", "buyer.name": "***",
                ])
            // The first operation made the account.
            let first = try #require(page.records.last?.record?.changes.first)
            #expect(first.before == nil && first.after?["balance"] == 100 && first.after?["buyer.name"] == "***")
            #expect(try await Self.fault(service) == nil)
            #expect(try await service.send(.get, "/metrics").text.contains("sambal_audit_records 2"))
        }
    }

    @Test func a_reason_may_come_by_header_and_a_deletion_tells_what_was_there() async throws {
        try await ServiceUnderTest.run(AccountService.self) { service in
            _ = try await Self.change(service, "quiet")
            var headers = Self.ann
            headers.add("Sambal-Reason", "the%20account%20is%20a%20double")
            _ = try await service.send(.delete, "/accounts/A-1", "", headers)
            let record = try #require(try await Self.list(service).records.first?.record)
            #expect(record.reason == "the account is a double" && record.number == 1)
            #expect(record.changes.first?.after == nil && record.changes.first?.before?["balance"] == 100)
        }
    }

    @Test func there_is_no_record_without_a_change_and_none_of_what_is_not_audited() async throws {
        try await ServiceUnderTest.run(AccountService.self) { service in
            _ = try await Self.change(service, "changes")
            // A refusal undoes the change and its record.
            #expect(try await Self.change(service, "changes", #"{"amount":-900}"#).status == 422)
            #expect(try await Self.list(service).records.count == 1)
            // A repetition is answered as the first request was, and changes nothing.
            var keyed = Self.ann
            keyed.add("Idempotency-Key", "k-1")
            for _ in 1...3 { #expect(try await Self.change(service, "changes", #"{"amount":1}"#, keyed).status == 200) }
            #expect(try await Self.list(service).records.count == 2)
            _ = try await Self.change(service, "quiet")
            #expect(try await Self.list(service).records.count == 2)
            // A step of a service is nobody's operation; the same by a caller is.
            _ = try await Self.change(service, "steps", #"{"amount":1}"#, [:])
            #expect(try await Self.list(service).records.count == 2)
            _ = try await Self.change(service, "steps")
            let last = try await Self.list(service)
            #expect(last.records.first?.record?.operation == "account.step" && last.records.count == 3)
            // Nobody in particular may change it as well, where nobody is asked for.
            _ = try await Self.change(service, "changes", #"{"amount":1}"#, [:])
            let nobody = try #require(try await Self.list(service).records.first?.record)
            #expect(nobody.who == nil && nobody.roles.isEmpty && nobody.number == 4)
        }
    }

    @Test func the_list_is_filtered_and_paged_and_goes_on_after_a_restart() async throws {
        try await ServiceUnderTest.run(AccountService.self) { service in
            for number in 1...7 {
                let name = number % 2 == 0 ? "bob" : "ann"
                let headers: Headers = ["Sambal-Caller": name, "Sambal-Caller-Issuer": "till"]
                let id = number < 5 ? "A-1" : "A-2"
                _ = try await service.send(.post, "/accounts/\(id)/changes", #"{"amount":1}"#, headers)
                try await service.loop.sleep(for: .seconds(60))
            }
            func numbers(_ query: String) async throws -> [Int64] {
                try await Self.list(service, query).records.compactMap { $0.record?.number }
            }
            #expect(try await numbers("") == [7, 6, 5, 4, 3, 2, 1])
            #expect(try await numbers("?who=bob") == [6, 4, 2])
            #expect(try await numbers("?about=A-2") == [7, 6, 5])
            #expect(try await numbers("?about=A-9") == [])
            #expect(try await numbers("?operation=account.delete") == [])
            let third = try #require(try await Self.list(service).records[4].record?.time)
            #expect(try await numbers("?since=\(third.description)") == [7, 6, 5, 4, 3])
            let page = try await Self.list(service, "?limit=3&who=ann")
            #expect(page.records.compactMap { $0.record?.number } == [7, 5, 3])
            let next = try #require(page.next)
            #expect(try await numbers("?limit=3&who=ann&before=\(next)") == [1])
            let wrong = try await service.send(.get, "/audit?whom=ann")
            #expect(wrong.status == 400 && wrong.fields == ["whom"])
            #expect(try await service.send(.get, "/audit?since=yesterday").fields == ["since"])
            await service.stop()
            try await service.start()
            _ = try await Self.change(service, "changes")
            #expect(try await numbers("?limit=2") == [8, 7])
            #expect(try await Self.fault(service) == nil)
        }
    }

    @Test func what_is_changed_in_the_store_is_found() async throws {
        try await ServiceUnderTest.run(AccountService.self) { service in
            for _ in 1...5 { _ = try await Self.change(service, "changes") }
            let database = try #require(service.database)
            let schema = AuditLog.records
            let third = try #require(try await database.read { try await $0.find(schema, id: AuditLog.id(3)) })
            var forged = third
            forged.document[forged.document.count / 2] ^= 1
            let stored = forged
            try await database.transaction { try await $0.put(stored, in: schema) }
            let altered = try #require(try await Self.fault(service))
            #expect(altered.kind == .altered && altered.number == 3)
            let listed = try await Self.list(service)
            #expect(listed.records.map(\.isIntact) == [true, true, false, true, true])
            try await database.transaction { try await $0.deleteAll(ids: [third.id], from: schema) }
            #expect(try await Self.fault(service)?.kind == .missing)
            try await database.transaction { try await $0.insert(third, into: schema) }
            #expect(try await Self.fault(service) == nil)
            try await database.transaction { try await $0.deleteAll(ids: [AuditLog.id(5)], from: schema) }
            #expect(try await Self.fault(service)?.kind == .cutOff)
        }
    }
}
