import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// Providers without a statement are asked charge by charge.
///
/// A statement shows the movement of an old charge in the period in which it came about. A charge has to be asked about
/// instead, so each one is looked at again after some days and weeks, as long as refunds and chargebacks are usual: the
/// periods of those ages move on with the period that is compared.
extension WindowReconciling {
    private static let ages = [0, 1, 3, 7, 14, 30, 60, 90, 120].map { Duration.seconds($0 * 86_400) }
    /// Between questions.
    private static let pace = Duration.milliseconds(50)
    /// How often each is asked about in a run, and how many failures in a row end it.
    private static let (tries, outage) = (4, 20)

    func eachCharge(
        _ touched: Set<String>, _ window: StatementWindow, _ body: (StatementLine) async throws -> Void
    ) async throws {
        var wanted = touched
        for age in Self.ages {
            let earlier = StatementWindow(start: window.start - age, end: window.end - age)
            if age > .zero { try await collect(&wanted, bookedIn: earlier) }
            try await collect(&wanted, endedWithoutMoney: earlier)
        }
        var left = wanted.sorted()
        for number in 1..<Self.tries {
            left = try await ask(left, isLast: false, body)
            guard !left.isEmpty else { return }
            try await context.loop.sleep(for: settings.retry.delay(after: number))
        }
        _ = try await ask(left, isLast: true, body)
    }

    /// Returns the payments that the provider could not be asked about. One failure must not keep the others from being
    /// looked at; many in a row are an outage.
    private func ask(
        _ ids: [String], isLast: Bool, _ body: (StatementLine) async throws -> Void
    ) async throws -> [String] {
        var (failed, failure, inARow) = ([String](), ProviderError?.none, 0)
        for id in ids {
            guard let payment = try await payments.find(id), payment.provider == provider.name,
                let charge = payment.attempts.first(where: { $0.action == .charge || $0.action == .authorise })
            else { continue }
            do {
                for line in try await provider.movements(of: payment.call(for: charge)) { try await body(line) }
                inARow = 0
            } catch let error as ProviderError {
                failed.append(id)
                (failure, inARow) = (error, inARow + 1)
                guard inARow < Self.outage else { throw error }
            }
            try await context.loop.sleep(for: Self.pace)
        }
        if isLast, let failure { throw failure }
        return failed
    }

    private func collect(_ wanted: inout Set<String>, bookedIn window: StatementWindow) async throws {
        try await pages(
            of: ledger.entries,
            [
                .greaterOrEqual("movedAt", FieldValue(window.start)), .less("movedAt", FieldValue(window.end)),
            ], sort: "movedAt"
        ) { wanted.insert($0.paymentId) }
    }

    /// Payments that took nothing, as far as is known here: the provider may have taken it since.
    private func collect(_ wanted: inout Set<String>, endedWithoutMoney window: StatementWindow) async throws {
        for status in [PaymentStatus.failed, .cancelled, .expired] {
            try await pages(
                of: payments,
                [
                    .equal("status", .text(status.rawValue)),
                    .greaterOrEqual("requestedAt", FieldValue(window.start)),
                    .less("requestedAt", FieldValue(window.end)),
                ], sort: "requestedAt"
            ) { wanted.insert($0.id) }
        }
    }

    private func pages<Item: Entity>(
        of repository: Repository<Item>, _ conditions: [Condition], sort: String, _ body: (Item) -> Void
    ) async throws {
        var offset = 0
        while true {
            let items = try await repository.all(
                Query(where: conditions, sort: [Sort(sort)], limit: Self.batch, offset: offset))
            items.forEach(body)
            guard items.count == Self.batch else { return }
            offset += items.count
        }
    }
}
