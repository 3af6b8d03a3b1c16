import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Something that is to happen to a line of the book later; survives the provider's restart.
struct DeferredStep: Entity, Hashable {
    enum Kind: String, Codable, Sendable {
        case succeed, fail, settle
    }
    let id: String
    var version: Int64 = 0
    let kind: Kind
    let lineId: String
    let dueAt: Timestamp

    static let collection = Collection<DeferredStep>(
        "deferredSteps", fields: [.time("dueAt", indexed: true) { $0.dueAt }])
}

/// A step that is to happen later, noted in the transaction that causes it.
struct DeferredSteps: Sendable {
    let steps: Repository<DeferredStep>
    let identifiers: IdentifierGenerator
    let loop: any Loop
    let wake: Signal

    func add(_ kind: DeferredStep.Kind, of lineId: String, after delay: Duration, in tx: any Transaction) async throws {
        try await steps.insert(
            DeferredStep(id: identifiers.next("DS-"), kind: kind, lineId: lineId, dueAt: loop.now + delay), in: tx)
        tx.afterCommit { wake.raise() }
    }
}

/// Takes the deferred steps when they are due.
struct DeferredStepping: Sendable {
    let context: ServiceContext
    let cashier: Cashier
    let steps: DeferredSteps

    private static let batch = 64
    /// A step that is noted wakes the loop; this bounds the wait where a wake-up was missed.
    private static let longestWait = Duration.seconds(60)

    func run() async throws {
        while !Task.isCancelled {
            do {
                let wait = try await takeDue()
                if wait > .zero { await steps.wake.wait(on: context.loop, atMost: wait) }
            } catch {
                context.log.warning(
                    "deferred steps could not be taken this time", ["error": .string(ErrorText.of(error))])
                try await context.loop.sleep(for: .seconds(1))
            }
            try Task.checkCancellation()
        }
    }

    /// Returns how long nothing is due.
    private func takeDue() async throws -> Duration {
        let next = try await steps.steps.all(Query(sort: [Sort("dueAt"), Sort("id")], limit: Self.batch))
        let due = next.prefix { $0.dueAt <= context.loop.now }
        for step in due { try await take(step) }
        guard due.count == next.count else { return min(next[due.count].dueAt - context.loop.now, Self.longestWait) }
        return next.count == Self.batch ? .zero : Self.longestWait
    }

    private func take(_ step: DeferredStep) async throws {
        _ = try await cashier.change(step.kind == .fail ? .refund : .charge) { tx in
            try await steps.steps.delete(id: step.id, in: tx)
            return switch step.kind {
            case .succeed: try await cashier.book.decide(step.lineId, refusal: nil, in: tx)
            case .fail: try await cashier.book.decide(step.lineId, refusal: "insufficient funds", in: tx)
            case .settle: try await cashier.book.settle(step.lineId, in: tx)
            }
        }
    }
}
