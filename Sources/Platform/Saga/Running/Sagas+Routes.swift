public import HTTP
import Kernel
import REST
public import ServiceHost
import Storage

extension Sagas {
    private static var resource: ResourceDeclaration<SagaInstance<State>> {
        ResourceDeclaration(
            "saga", path: "/sagas/" + State.saga, searches: [.init("findByStatus", by: "status")],
            visibility: .operators)
    }

    /// Declares `GET /sagas/{name}`, and the commands of operators about one.
    public static func routes<Owner: Sendable>(
        of sagas: @escaping @Sendable (Owner) -> Sagas
    ) -> [RouteDeclaration<Owner>] {
        let commands: [RouteDeclaration<Sagas>] = [
            command("retry", "Asks the step at hand again at once") { $0.retry(at: $2) },
            command("resume", "Goes on as if the step at hand had succeeded") { $0.resume(in: $1, at: $2) },
            command("compensate", "Takes back what was done so far") {
                $0.compensate(reason: "an operator decided so", in: $1, at: $2)
            },
        ]
        return resource.routes { RestResource(sagas($0).repository, Self.resource) } + commands.map { $0.of(sagas) }
    }

    /// Declares the work that goes on with what signals woke, what is to be tried again, and what a process left behind
    /// that died.
    public static func job<Owner: Sendable>(
        of sagas: @escaping @Sendable (Owner) -> Sagas
    ) -> JobDeclaration<Owner> {
        .job("\(State.saga) sagas") { sagas($0).job }
    }

    private typealias Change = @Sendable (inout SagaInstance<State>, SagaDefinition<State>, Timestamp) -> Bool

    private static func command(
        _ name: String, _ summary: String, _ change: @escaping Change
    ) -> RouteDeclaration<Sagas> {
        .post(
            "/sagas/\(State.saga)/{id}/\(name)", summary: summary, answers: SagaInstance<State>.self,
            statuses: [200, 409]
        ) { try await $0.change($1, change) }
        .open(to: .operators)
        .audited(as: "saga." + name)
    }

    private func change(_ request: Request, _ change: @escaping Change) async throws -> Response {
        let id: String = try request.parameter("id")
        let stored = try await context.transaction { tx in
            guard var instance = try await self.repository.find(id, in: tx) else {
                throw Problem.notFound("saga \(id)")
            }
            try request.requireMatch(instance)
            guard change(&instance, self.definition, self.context.loop.now) else {
                throw Problem.notPossible("saga \(id) is \(instance.status.rawValue)")
            }
            self.hold(&instance)
            let stored = try await self.store(instance, in: tx)
            self.driveInBackground(stored, after: tx)
            return stored
        }
        return try Response.json(stored).tagged(stored.version)
    }
}

extension SagaDefinition {
    /// The saga in its service's declaration, for the event-storming board.
    public var outline: SagaOutline {
        SagaOutline(
            name: State.saga,
            steps: steps.map {
                .init(name: $0.name, participant: $0.participant, isCompensated: $0.compensation != nil)
            })
    }
}
