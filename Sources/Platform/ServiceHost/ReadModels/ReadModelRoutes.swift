import HTTP
import Kernel
import Messaging

/// `/rebuild`, at every service with a read model.
struct ReadModelRoutes: Sendable {
    private static let path = "/rebuild"
    let keeper: ReadModelKeeper

    /// The progress of a rebuild.
    struct Progress: Codable, Sendable {
        let service: String
        /// `idle`, `clearing` or `building`.
        let phase: String
        /// The generation of the rows that callers read.
        let generation: Int
        let startedAt: Timestamp?
        let finishedAt: Timestamp?
        /// Events that this process has applied to the new rows.
        let handled: Int?
        /// Events of the log that are not applied yet.
        let lag: Int?
    }

    var routes: [Route] { described.map { $0.open(to: .operators) } }

    private var described: [Route] {
        [
            .get(
                Self.path, summary: "Shows how far the building of a new read model is", answers: Progress.self
            ) { _ in try .json(progress(try await keeper.load())) },
            .post(
                Self.path, summary: "Builds the read model anew; the old rows are read meanwhile",
                answers: Progress.self, statuses: [202, 409]
            ) { request in
                var response = try Response.json(progress(try await keeper.begin()), status: 202)
                response.headers.add("Location", Self.path)
                return response
            }.audited(as: "readmodel.rebuild"),
        ]
    }

    private func progress(_ state: ReadModelState) -> Progress {
        let building = state.phase == .building ? keeper.building : nil
        return Progress(
            service: keeper.service, phase: state.phase.rawValue, generation: state.generation,
            startedAt: state.startedAt,
            finishedAt: state.finishedAt, handled: building?.handled, lag: building?.lag)
    }
}
