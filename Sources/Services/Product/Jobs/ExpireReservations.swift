import Kernel
import ServiceHost
import Storage

/// Gives back the stock of reservations that nobody paid in time.
struct ExpireReservations: Sendable {
    let context: ServiceEnvironment
    let steps: ReservationSteps
    let interval: Duration

    var job: Job<Reservation> {
        // Few at once: reservations of one product meet at its stock.
        let plan = JobPlan(due: "dueAt", every: interval, atOnce: 4)
        return Job("expire reservations", in: steps.reservations, context, plan) { due in
            try await context.transaction(onConflict: .retry) { tx in try await steps.expire(due.id, in: tx) }
        }
    }
}
