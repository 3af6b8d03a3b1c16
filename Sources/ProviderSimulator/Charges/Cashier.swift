import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// Writes a line, queues its callback, and notes what is still to happen to it, in one transaction.
struct Cashier: Sendable {
    let context: ServiceEnvironment
    let book: ChargeBook
    let queue: CallbackQueue
    let steps: DeferredSteps
    let injector: FaultInjector
    /// After which time Midtrans pays out what was captured.
    let settleAfter: Duration

    /// `then` runs in the same transaction: what a dialect keeps beside the line.
    func enter<Result: Sendable>(
        _ movement: Movement, _ ruling: Ruling,
        then: @escaping @Sendable (BookEntry, any Transaction) async throws -> Result
    ) async throws -> Result {
        let fate = queue.fate(of: movement.action)
        let isWrong = happens(.wrongAmounts, to: movement)
        let isMixedUp = happens(.wrongOrders, to: movement)
        let lateAfter = injector.faults.lateAfter
        return try await context.transaction { tx in
            let entry = try await book.enter(movement, ending: ruling.ending, in: tx)
            if !entry.isReplay {
                if let step = ruling.step { try await steps.add(step, of: entry.line.id, after: lateAfter, in: tx) }
                try await settleLater(entry, in: tx)
            }
            let shown = isWrong ? entry.withWrongAmount : entry
            try await queue.add(shown, fate: fate, in: tx)
            return try await then(isMixedUp ? shown.ofAnotherOrder : shown, tx)
        }
    }

    /// Throws no dice for a fault that is off, nor for what nobody is answered.
    private func happens(_ fault: RandomFault, to movement: Movement) -> Bool {
        guard injector.isArmed(fault), fault == .wrongAmounts || !movement.isUnasked else { return false }
        return injector.happens(fault, to: movement.action)
    }

    func enter(_ movement: Movement, _ ruling: Ruling) async throws -> BookEntry {
        try await enter(movement, ruling) { entry, _ in entry }
    }

    /// Something that the provider does by itself.
    func change(
        _ action: SimulatorAction, _ work: @escaping @Sendable (any Transaction) async throws -> BookEntry?
    ) async throws -> BookEntry? {
        let fate = queue.fate(of: action)
        return try await context.transaction { tx in
            guard let entry = try await work(tx) else { return nil }
            if entry.news != .settled { try await settleLater(entry, in: tx) }
            try await queue.add(entry, fate: fate, in: tx)
            return entry
        }
    }

    private func settleLater(_ entry: BookEntry, in tx: any Transaction) async throws {
        guard entry.root.dialect == .midtrans, entry.line.status == .captured else { return }
        try await steps.add(.settle, of: entry.root.id, after: settleAfter, in: tx)
    }
}
