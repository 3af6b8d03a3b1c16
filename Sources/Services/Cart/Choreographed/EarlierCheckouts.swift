import Kernel
import ServiceHost
import Storage

/// Fills the time from which on a checkout expires in those that an earlier version began and that nobody leads:
/// without it they would run for ever.
///
/// An earlier version may go on writing while this one starts, so that it is looked for such checkouts again and again.
struct EarlierCheckouts: Sendable {
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
            // Those that are led by cart have no such time either: the identifier goes past them.
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
            // Writes every declared field anew.
            try await checkouts.update(current, in: tx)
        }
    }
}
