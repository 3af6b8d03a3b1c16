import Kernel
public import Storage
import Telemetry

/// The operator tasks of one service: opened and settled in the transaction of the step that needs them, listed and
/// resolved over HTTP.
///
/// A service that has them creates `OperatorTask.collection` in its migrations, and declares `routes` and `job`.
public struct OperatorTasks: Sendable {
    public let kinds: [OperatorTaskKind]
    let context: ServiceEnvironment
    let tasks: Repository<OperatorTask>
    let changed = Signal()
    private let counts: MetricFamily<Gauge>
    private let ages: MetricFamily<Gauge>

    public init(_ context: ServiceEnvironment, kinds: [OperatorTaskKind]) throws {
        self.context = context
        self.kinds = kinds
        tasks = Repository(try context.database)
        counts = context.metrics.gauge(
            "sambal_operator_tasks", help: "Decisions that wait for a person (OPEN), and those made, by kind.",
            labels: ["kind", "state"])
        ages = context.metrics.gauge(
            "sambal_operator_task_oldest_age_seconds", help: "How long the oldest open task of a kind waits.",
            labels: ["kind"])
    }

    /// Opens a task, or adds the evidence to the open task of the same kind and subject. Returns whether anything
    /// changed.
    @discardableResult
    public func open(
        _ kind: OperatorTaskKind, subject: String, orderId: String? = nil, paymentId: String? = nil,
        evidence: [OperatorTask.Evidence], in tx: any Transaction
    ) async throws -> Bool {
        let now = context.loop.now
        let new = OperatorTask(
            kind, subject: subject, orderId: orderId, paymentId: paymentId, evidence: evidence, at: now)
        if try await tasks.insertIfAbsent(new, in: tx) {
            context.log.error(
                "an operator is needed: " + kind.summary,
                metadata: ["task": .string(new.id), "order": .string(orderId ?? "-")])
        } else {
            guard var task = try await tasks.find(new.id, in: tx), task.renew(kind, evidence: evidence, at: now) else {
                return false
            }
            try await tasks.update(task, in: tx)
        }
        tx.afterCommit { [changed] in changed.raise() }
        return true
    }

    /// Resolves the task if it is open: the matter has been settled without an operator.
    public func settle(
        _ kind: OperatorTaskKind, subject: String, reason: String, in tx: any Transaction
    ) async throws {
        guard var task = try await tasks.find(OperatorTask.id(kind, subject), in: tx), task.state == .open else {
            return
        }
        task.resolve("SETTLED", by: context.name, reason: reason, at: context.loop.now)
        try await tasks.update(task, in: tx)
        tx.afterCommit { [changed] in changed.raise() }
    }

    /// Keeps the metrics up to date, as long as the service runs.
    func keepMeasuring() async throws {
        while true {
            try Task.checkCancellation()
            do {
                try await measure()
            } catch {
                context.log.warning("operator tasks could not be counted", metadata: [.error: .error(error)])
            }
            await changed.wait(on: context.loop, atMost: Self.interval)
        }
    }

    private static let interval = Duration.seconds(30)

    private func measure() async throws {
        for kind in kinds {
            let ofKind = Condition.equal("kind", .text(kind.name))
            let (open, oldest, resolved) = try await tasks.database.read { tx in
                let isOpen = Condition.equal("state", .text(OperatorTask.State.open.rawValue))
                let isResolved = Condition.equal("state", .text(OperatorTask.State.resolved.rawValue))
                return (
                    try await tasks.count(where: [ofKind, isOpen], in: tx),
                    try await tasks.first(where: [ofKind, isOpen], sort: [Sort("openedAt")], in: tx)?.openedAt,
                    try await tasks.count(where: [ofKind, isResolved], in: tx)
                )
            }
            counts.labelled(kind.name, OperatorTask.State.open.rawValue).set(open)
            counts.labelled(kind.name, OperatorTask.State.resolved.rawValue).set(resolved)
            ages.labelled(kind.name).set(oldest.map { (context.loop.now - $0).seconds } ?? 0)
        }
    }
}

/// The body of `POST /tasks/{id}/resolution`.
public struct OperatorDecision: Codable, Sendable, Hashable {
    /// One of the task's actions.
    public let action: String
    /// The person who decided it.
    public let by: String
    public let reason: String
    /// The payment that the action is about, for actions on a task that is about none yet.
    public let paymentId: String?
}
