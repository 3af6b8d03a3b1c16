import Configuration
import HTTP
import Kernel
import ServiceHost
import ServiceTestSupport
import Testing

/// Declares a route, those of a part, and a loop.
private struct BellService: ServiceDefinition {
    static let name = "bell"
    static let kind = ServiceKind.stateless
    static let port = 1
    static let summary = "rings"
    static let routes: [RouteDeclaration<BellParts>] =
        [.get("/sound", summary: "Rings") { parts, _ in .text(parts.clapper.sound) }]
        + Clapper.routes.map { $0.of { $0.clapper } }
    static let jobs: [JobDeclaration<BellParts>] = [
        .loop("ring") { try await $0.context.loop.sleep(for: .seconds(60)) }
    ]

    init(from section: Configuration) {}

    func parts(_ context: ServiceEnvironment) throws -> BellParts { BellParts(context: context, clapper: Clapper()) }
}

private struct BellParts: Sendable {
    let context: ServiceEnvironment
    let clapper: Clapper
}

private struct Clapper: Sendable {
    let sound = "dong"
    static let routes: [RouteDeclaration<Clapper>] = [
        .post("/loud", summary: "Rings loudly") { clapper, _ in .text(clapper.sound.uppercased()) }
    ]
}

@Suite struct DeclarationTests {
    @Test func a_declared_route_is_answered_by_the_parts_of_its_service() async throws {
        try await withService(BellService.self) { service in
            let (sound, loud) = (try await service.send(.get, "/sound"), try await service.send(.post, "/loud"))
            #expect(String(decoding: sound.body, as: UTF8.self) == "dong")
            #expect(String(decoding: loud.body, as: UTF8.self) == "DONG")
        }
    }

    @Test func the_outline_is_read_without_parts() {
        let outline = BellService.outline
        #expect(outline.routes.map(\.pattern) == ["/sound", "/loud"])
        #expect(outline.commands.map(\.path) == ["/loud"])
        #expect(outline.jobs == ["ring"])
        let type: any ServiceDefinition.Type = BellService.self
        #expect(type.outline.name == "bell")
    }

    @Test func a_route_that_is_not_bound_answers_503() async throws {
        let router = try Router(BellService.routes.map(\.route))
        #expect(await router.respond(to: Request(method: .get, path: "/sound")).status == 503)
    }
}
