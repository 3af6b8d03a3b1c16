import Kernel
import ServiceHost
import Storage
import Telemetry

/// Gives back the stock of reservations that nobody paid in time.
struct ReservationExpiry: Sendable {
    static let batch = 100

    let context: ServiceContext
    let steps: ReservationSteps
    let interval: Duration

    func run() async throws {
        while !Task.isCancelled {
            try await context.loop.sleep(for: interval)
            do {
                try await expireDue()
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                context.log.warning(
                    "reservations could not be expired this time", ["error": .string(ErrorText.of(error))])
            }
        }
    }

    func expireDue() async throws {
        // A read finds out that there is nothing to do without a commit.
        let first = ReservationSteps.due(at: context.loop.now, limit: 1)
        guard try await !steps.reservations.all(first).isEmpty else { return }
        var expired = Self.batch
        while expired >= Self.batch {  // a full batch means that more may wait
            try Task.checkCancellation()
            expired = try await context.database.transaction(tries: 5) { [steps] tx in
                try await steps.expire(limit: Self.batch, in: tx)
            }
        }
    }
}
