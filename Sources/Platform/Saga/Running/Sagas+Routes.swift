public import HTTP
import Kernel
import REST
public import ServiceHost
import Storage

extension Sagas {
    /// `GET /sagas/{name}`, and what an operator can do about one.
    public var routes: [Route] {
        let path = "/sagas/" + State.saga
        let resource = RestResource(
            repository, item: "saga", path: path, searches: [.init("findByStatus", by: "status")])
        return resource.routes + [
            command(path, "retry", "Asks the step at hand again at once") { $0.retry(at: $2) },
            command(path, "resume", "Goes on as if the step at hand had succeeded") { $0.resume(in: $1, at: $2) },
            command(path, "compensate", "Takes back what was done so far") {
                $0.compensate(reason: "an operator decided so", in: $1, at: $2)
            },
        ]
    }

    /// For the event-storming board.
    public var outline: SagaOutline {
        SagaOutline(
            name: State.saga,
            steps: definition.steps.map {
                .init(name: $0.name, participant: $0.participant, isCompensated: $0.compensation != nil)
            })
    }

    private typealias Change = @Sendable (inout SagaInstance<State>, SagaDefinition<State>, Timestamp) -> Bool

    private func command(_ path: String, _ name: String, _ summary: String, _ change: @escaping Change) -> Route {
        .post(
            path + "/{id}/" + name, summary: summary, answers: SagaInstance<State>.self, statuses: [200, 409]
        ) { request in
            let id: String = try request.parameter("id")
            let stored = try await self.context.transaction { tx in
                guard var instance = try await self.repository.find(id, in: tx) else {
                    throw Problem.notFound("saga \(id)")
                }
                try request.requireMatch(instance)
                guard change(&instance, self.definition, self.context.loop.now) else {
                    throw Problem(
                        status: 409, title: "Not possible now", detail: "saga \(id) is \(instance.status.rawValue)")
                }
                self.hold(&instance)
                let stored = try await self.store(instance, in: tx)
                self.driveInBackground(stored, after: tx)
                return stored
            }
            var response = try Response.json(stored)
            response.headers.add("ETag", Precondition.tag(stored.version))
            return response
        }
    }
}
