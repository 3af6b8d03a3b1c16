import Contracts
import HTTP
import Idempotency
import PaymentProviders
import REST
import Storage

/// What the payment service answers.
enum PaymentRoutes {
    /// What can be looked at.
    static func resources(
        _ payments: Repository<Payment>, _ ledger: Ledger, _ reports: Repository<ReconciliationReport>,
        _ book: DifferenceBook
    ) -> [Route] {
        RestResource(
            payments, item: "payment",
            searches: [
                .init("findByOrderId", by: "orderId"), .init("findByStatus", by: "status"),
                .init("findByReference", by: "reference"),
            ]
        ).routes
            + RestResource(
                ledger.entries, item: "ledgerEntry", path: "/api/ledger",
                searches: [.init("findByPaymentId", by: "paymentId")]
            ).routes
            + RestResource(reports, item: "reconciliation", path: "/api/reconciliations").routes
            + RestResource(
                book.differences, item: "difference", path: "/api/differences",
                searches: [.init("findByState", by: "state"), .init("findByOrderId", by: "orderId")]
            ).routes
            + [
                .post(
                    "/api/differences/{id}/explanation", summary: "Says why a difference is as it is",
                    body: DifferenceBook.Explanation.self, answers: ReconciliationDifference.self,
                    statuses: [200, 404, 409, 412]
                ) { try await book.explain($0, $1) }
            ]
    }

    /// What can be asked for.
    static func commands(
        _ acting: PaymentActing, _ receiving: CallbackReceiving, _ reconciling: Reconciling, _ adjusting: Adjusting,
        _ ledger: Ledger
    ) -> [Route] {
        payments(acting) + steps(acting) + books(reconciling, adjusting, ledger) + [
            .post(
                PaymentAPI.path + "/callbacks/{provider}", summary: "Takes a provider's signed callback",
                statuses: [200, 204, 401, 503]
            ) { request in try await receiving.receive(request) }
        ]
    }

    private static func payments(_ acting: PaymentActing) -> [Route] {
        [
            .post(
                PaymentAPI.path, summary: "Requests the payment of an order, once per Idempotency-Key",
                body: RequestPayment.self, answers: PaymentReceipt.self, statuses: [201, 202, 409, 422]
            ) { request, command in try await acting.requestPayment(request, command) }
            .keyed(isRequired: true),
            .get(
                PaymentAPI.payment(orderId: "{orderId}"), summary: "Shows the payment of an order as it is now",
                answers: PaymentReceipt.self, statuses: [200, 404]
            ) { request in try await acting.receipt(request) },
            .post(
                PaymentAPI.cancellations, summary: "Gives back all that was taken or reserved for an order",
                body: CancelPayment.self, answers: PaymentCancellation.self, statuses: [200, 409, 422]
            ) { request, command in try await acting.cancel(request, command) }
            .keyed(isRequired: true),
        ]
    }

    private static func books(_ reconciling: Reconciling, _ adjusting: Adjusting, _ ledger: Ledger) -> [Route] {
        [
            .get(
                "/api/ledger/trial-balance", summary: "Sums every account; the sums of all are zero",
                answers: TrialBalance.self
            ) { _ in try .json(try await ledger.trialBalance()) },
            .post(
                "/api/ledger/adjustments", summary: "Books a correction that a person decided",
                body: Adjusting.Command.self, answers: [LedgerEntry].self, statuses: [201, 409, 422]
            ) { request, command in try await adjusting.adjust(request, command) }
            .keyed(isRequired: true),
            .post(
                "/api/reconciliations", summary: "Compares payments, ledger and the provider's statement now",
                answers: ReconciliationReport.self, statuses: [201, 202]
            ) { request in try await reconciling.request(request) },
        ]
    }

    private static func steps(_ acting: PaymentActing) -> [Route] {
        let steps: [(String, ProviderAction, String)] = [
            ("captures", .capture, "Takes money that was reserved"), ("voids", .void, "Gives up a reservation"),
            ("refunds", .refund, "Gives back some or all of what was captured"),
        ]
        return steps.map { path, action, summary in
            .post(
                PaymentAPI.path + "/{id}/" + path, summary: summary, answers: PaymentReceipt.self,
                statuses: [201, 202, 409, 422]
            ) { request in try await acting.act(action, request) }
            .keyed(isRequired: true).reading(optional: PaymentActing.Amount.self)
        }
    }
}
