import Configuration
import HTTP
import Kernel
import Messaging
import ServiceHost
import ServiceTestSupport
import Storage
import Testing

/// Declares neither the event that it publishes nor the collection of one of its entities.
private struct ForgetfulService: ServiceDefinition {
    static let name = "forgetful"
    static let kind = ServiceKind.persistence
    static let port = 1
    static let summary = "has forgotten something"
    static let migrations = [Migration(1, "events", ServiceEnvironment.migrationSteps)]
    static let routes: [RouteDeclaration<ServiceEnvironment>] = [
        .post("/events", summary: "Publishes") { context, _ in
            try await context.transaction { try await context.publish(Rang(), about: "BEL-1", in: $0) }
            return Response(status: 204)
        },
        .post("/bells", summary: "Stores") { context, _ in
            let bells = Repository<Bell>(try context.database)
            try await context.transaction { tx in _ = try await bells.insert(Bell(id: "BEL-1"), in: tx) }
            return Response(status: 204)
        },
    ]

    init(from section: Configuration) {}

    func parts(_ context: ServiceEnvironment) throws -> ServiceEnvironment { context }
}

private struct Bell: Entity {
    let id: String
    var version: Int64 = 0
    static let collection = Collection<Bell>("bells", fields: [])
}

private struct Rang: EventPayload {
    static let type = "sambal.forgetful.Rang.v1"
}

@Suite struct ForgottenDeclarationTests {
    @Test(arguments: [
        ("/events", "forgetful does not declare that it publishes sambal.forgetful.Rang.v1"), ("/bells", "bells"),
    ])
    func the_test_of_a_service_is_told_what_was_forgotten(_ path: String, _ reason: String) async throws {
        try await withService(ForgetfulService.self) { service in
            let answer = try await service.send(.post, path)
            let logged = service.logged
            #expect(answer.status == 500)
            #expect(logged.contains { $0.contains(reason) }, "\(logged)")
        }
    }
}
