public import HTTP
import Idempotency
import Kernel
import REST
public import Storage

/// The routes by which operators list, read and resolve the tasks of a service.
extension OperatorTasks {
    /// Declares `GET /tasks`, `GET /tasks/{id}` and `POST /tasks/{id}/resolution`. `perform` carries an action out in the
    /// transaction that resolves the task, and does nothing for an action that only closes it. A `Problem` that it
    /// throws leaves the task open.
    public static func routes<Owner: Sendable>(
        of tasks: @escaping @Sendable (Owner) -> OperatorTasks, by commands: @escaping @Sendable (Owner) -> Commands,
        perform: @escaping @Sendable (Owner, OperatorTask, OperatorDecision, any Transaction) async throws -> Void
    ) -> [RouteDeclaration<Owner>] {
        let routes: [RouteDeclaration<Owner>] = [
            .get(
                path, summary: "Lists decisions that wait for an operator, and those made",
                answers: OperatorTaskPage.self
            ) { try await tasks($0).list($1) }.queryParameters(filters + QueryParameter.paging),
            .get(
                path + "/{id}", summary: "Shows an operator task", answers: OperatorTask.self,
                statuses: [200, 304, 404]
            ) { try await tasks($0).show($1) },
            .command(
                path + "/{id}/resolution", summary: "Resolves an operator task by one of its actions",
                body: OperatorDecision.self, answers: OperatorTask.self, statuses: [200, 404, 409, 422],
                key: .requiredOfServices, by: commands
            ) { owner, decision, call in
                try await tasks(owner).resolve(decision, call) { try await perform(owner, $0, $1, $2) }
            }.audited(as: "task.resolve"),
        ]
        return routes.map { $0.produces(HAL.contentType).open(to: .operators) }
    }

    /// Declares the work that keeps the metrics up to date.
    public static func job<Owner: Sendable>(
        of tasks: @escaping @Sendable (Owner) -> OperatorTasks
    ) -> JobDeclaration<Owner> {
        .loop("operator tasks") { try await tasks($0).keepMeasuring() }
    }

    private static let path = "/tasks"
    private static let filters = [
        QueryParameter("state", description: "OPEN or RESOLVED"), QueryParameter("kind"), QueryParameter("orderId"),
    ]

    private func list(_ request: Request) async throws -> Response {
        var conditions: [Condition] = []
        if let state = request.query["state"] {
            let states = OperatorTask.State.allCases.map(\.rawValue)
            guard states.contains(state) else {
                throw Problem.invalid("state", "must be \(states.joined(separator: " or "))")
            }
            conditions.append(.equal("state", .text(state)))
        }
        if let kind = request.query["kind"] {
            let names = kinds.map(\.name)
            guard names.contains(kind) else {
                throw Problem.invalid("kind", "must be one of \(names.joined(separator: ", "))")
            }
            conditions.append(.equal("kind", .text(kind)))
        }
        if let order = request.query["orderId"] { conditions.append(.equal("orderId", .text(order))) }
        let wanted = try PageRequest(
            query: request.query, sortable: OperatorTask.collection.fields.map(\.schema.name))
        return try await tasks.page(wanted, where: conditions) { page in
            let collection = HALCollection(page, named: "tasks", at: Self.path, of: request) { task in
                representation(of: task, for: request)
            }
            return try Response.json(collection, contentType: HAL.contentType)
        }
    }

    private func show(_ request: Request) async throws -> Response {
        let id: String = try request.parameter("id")
        guard let task = try await tasks.find(id) else { throw Problem.notFound("task \(id)") }
        let tag = Precondition.tag(task.version)
        if Precondition(request).isKnown(tag) { return Response(status: 304, headers: ["ETag": tag]) }
        return try answer(task, to: request)
    }

    private func resolve(
        _ decision: OperatorDecision, _ call: CommandCall,
        perform: @escaping @Sendable (OperatorTask, OperatorDecision, any Transaction) async throws -> Void
    ) async throws -> Response {
        try validate(decision)
        let id: String = try call.request.parameter("id")
        return try await call.once(subject: id, onConflict: .retry) { _, tx in
            guard var task = try await tasks.find(id, in: tx) else { throw Problem.notFound("task \(id)") }
            try call.request.requireMatch(task)
            guard task.state == .open else {
                throw Problem(
                    status: 409, title: "Resolved already",
                    detail: "task \(id) was resolved by \(task.resolvedBy ?? "-"): \(task.resolution ?? "-")")
            }
            guard task.actions.contains(where: { $0.name == decision.action }) else {
                let names = task.actions.map(\.name).joined(separator: ", ")
                throw Problem.invalid("action", "must be one of \(names)")
            }
            try await perform(task, decision, tx)
            // The action may have opened it again, or have found that it is settled.
            task = try await tasks.find(id, in: tx) ?? task
            task.resolve(decision.action, by: decision.by, reason: decision.reason, at: context.loop.now)
            task = try await tasks.update(task, in: tx)
            tx.afterCommit { [changed] in changed.raise() }
            return try answer(task, to: call.request)
        }
    }

    private func validate(_ decision: OperatorDecision) throws(Problem) {
        var errors = FieldErrors()
        for (field, text, limit) in [
            ("action", decision.action, 64), ("by", decision.by, 100), ("reason", decision.reason, 1000),
            ("paymentId", decision.paymentId ?? "-", 64),
        ] {
            errors.require((1...limit).contains(text.utf8.count), field, "must have 1 to \(limit) characters")
        }
        try errors.check()
    }

    private func answer(_ task: OperatorTask, to request: Request) throws -> Response {
        try Response.json(representation(of: task, for: request), contentType: HAL.contentType).tagged(task.version)
    }

    private func representation(of task: OperatorTask, for request: Request) -> HALItem<OperatorTask> {
        let address = request.baseURL + Self.path + "/" + QueryString.encode(task.id)
        let resolution = task.state == .open ? [HALLink("resolution", address + "/resolution")] : []
        return HALItem(task, links: [HALLink("self", address)] + resolution)
    }
}

/// A page of operator tasks, for the OpenAPI document.
struct OperatorTaskPage: Codable, Sendable {
    struct EmbeddedTasks: Codable, Sendable {
        let tasks: [OperatorTask]
    }
    struct Numbers: Codable, Sendable {
        let size: Int
        let totalElements: Int
        let totalPages: Int
        let number: Int
    }
    let _embedded: EmbeddedTasks
    let page: Numbers
}
