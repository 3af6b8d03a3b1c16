import Kernel
import PaymentProviders
import ServiceHost
import Storage

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
    let trigger: JobTrigger<DeferredStep>

    func add(_ kind: DeferredStep.Kind, of lineId: String, after delay: Duration, in tx: any Transaction) async throws {
        try await steps.insert(
            DeferredStep(id: identifiers.next("DS-"), kind: kind, lineId: lineId, dueAt: loop.now + delay), in: tx)
        trigger.wake(after: tx)
    }
}
