import Contracts
import HTTP
import PaymentProviders
import REST
import ServiceHost
import Storage

/// The routes of the payment service.
enum PaymentRoutes {
    /// Routes that show what is stored.
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

    /// Routes of the commands on payments.
    static func commands(
        _ commands: Commands, _ request: RequestPaymentHandler, _ step: CapturePaymentHandler,
        _ cancel: CancelPaymentHandler
    ) -> [Route] {
        [
            commands.post(
                PaymentAPI.path, summary: "Requests the payment of an order, once per Idempotency-Key",
                body: RequestPayment.self, answers: PaymentReceipt.self, statuses: [201, 202, 409, 422],
                key: .requiredOfServices, handler: request.request),
            commands.post(
                PaymentAPI.cancellations, summary: "Gives back all that was taken or reserved for an order",
                body: CancelPayment.self, answers: PaymentCancellation.self, statuses: [200, 409, 422],
                key: .requiredOfServices, handler: cancel.cancel),
        ] + steps(commands, step)
    }

    private static func steps(_ commands: Commands, _ handler: CapturePaymentHandler) -> [Route] {
        let steps: [(String, ProviderAction, String)] = [
            ("captures", .capture, "Takes money that was reserved"), ("voids", .void, "Gives up a reservation"),
            ("refunds", .refund, "Gives back some or all of what was captured"),
        ]
        return steps.map { path, action, summary in
            commands.post(
                PaymentAPI.path + "/{id}/" + path, summary: summary, optionalBody: CapturePaymentHandler.Amount.self,
                answers: PaymentReceipt.self, statuses: [201, 202, 409, 422], key: .requiredOfServices
            ) { try await handler.act(action, $0, $1) }
        }
    }

    /// Routes of the books, and of the callbacks of providers.
    static func books(
        _ commands: Commands, _ receiving: CallbackReceiving, _ reconciling: Reconciling, _ adjusting: AdjustLedger,
        _ ledger: Ledger
    ) -> [Route] {
        [
            .get(
                "/api/ledger/trial-balance", summary: "Sums every account; the sums of all are zero",
                answers: TrialBalance.self
            ) { _ in try .json(try await ledger.trialBalance()) },
            commands.post(
                "/api/ledger/adjustments", summary: "Books a correction that a person decided",
                body: AdjustLedger.Command.self, answers: [LedgerEntry].self, statuses: [201, 409, 422],
                key: .requiredOfServices, handler: adjusting.adjust),
            .post(
                "/api/reconciliations", summary: "Compares payments, ledger and the provider's statement now",
                answers: ReconciliationReport.self, statuses: [201, 202]
            ) { request in try await reconciling.request(request) },
            .post(
                PaymentAPI.path + "/callbacks/{provider}", summary: "Takes a provider's signed callback",
                statuses: [200, 204, 401, 503]
            ) { request in try await receiving.receive(request) },
        ]
    }

    /// Reads the present, where a repeated request would be answered with what was known at its first answer.
    static func receipt(of payments: Repository<Payment>) -> Route {
        .get(
            PaymentAPI.payment(orderId: "{orderId}"), summary: "Shows the payment of an order as it is now",
            answers: PaymentReceipt.self, statuses: [200, 404]
        ) { request in
            let orderId: String = try request.parameter("orderId")
            guard let payment = try await payments.first(where: [.equal("orderId", .text(orderId))]) else {
                throw Problem.notFound("a payment of order \(orderId)")
            }
            return try .json(PaymentAnswer.receipt(payment))
        }
    }
}
