import Kernel
import ServiceHost
import Storage

/// Fills the expiry time of choreographed checkouts that an earlier version of the program began; without one they
/// would never end.
///
/// An earlier version may still be running during an update, so the search is repeated.
struct FillCheckouts: Sendable {
    private static let batch = 100
    private static let interval = Duration.seconds(60)

    let context: ServiceEnvironment
    let checkouts: Repository<Checkout>

    func run() async throws {
        try await context.repeating(
            every: Self.interval, failure: "checkouts of an earlier version could not be filled in this time", fill)
    }

    func fill() async throws {
        var last = ""
        while true {
            try Task.checkCancellation()
            // Orchestrated checkouts have no expiry time either; the identifier skips them.
            let part = try await checkouts.all(
                Query(
                    where: [
                        .equal("status", .text(Checkout.Status.running.rawValue)), .equal("expiryAt", .null),
                        .greater("id", .text(last)),
                    ], sort: [Sort("id")], limit: Self.batch))
            for checkout in part where checkout.expiryAt != nil { try await fill(checkout) }
            guard part.count == Self.batch, let end = part.last else { return }
            last = end.id
        }
    }

    private func fill(_ checkout: Checkout) async throws {
        try await context.transaction(onConflict: .retry) { tx in
            guard let current = try await checkouts.find(checkout.id, in: tx), current.expiryAt != nil else { return }
            // An update writes every declared field.
            try await checkouts.update(current, in: tx)
        }
    }
}
