import Kernel
import ServiceHost
import Storage

/// Writes a line and queues its callback, in one transaction.
struct Cashier: Sendable {
    let context: ServiceContext
    let book: ChargeBook
    let queue: CallbackQueue

    /// `then` runs in the same transaction: what a dialect keeps beside the line.
    func enter<Result: Sendable>(
        _ movement: Movement, refusal: String?,
        then: @escaping @Sendable (BookEntry, any Transaction) async throws -> Result
    ) async throws -> Result {
        let fate = queue.fate(of: movement.action)
        return try await context.transaction { tx in
            let entry = try await book.enter(movement, refusal: refusal, in: tx)
            try await queue.add(entry, fate: fate, in: tx)
            return try await then(entry, tx)
        }
    }

    func enter(_ movement: Movement, refusal: String?) async throws -> BookEntry {
        try await enter(movement, refusal: refusal) { entry, _ in entry }
    }
}
