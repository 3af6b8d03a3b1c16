import Contracts
import HTTP
import Kernel
import REST
import Saga
import ServiceHost
import Storage

/// Creates and withdraws the orders of checkouts, by call or by event, for checkouts of either mode.
struct CheckoutOrders: Sendable {
    let context: ServiceEnvironment
    let orders: Repository<Order>
    let cancelling: Cancelling

    /// Handles `PUT /api/orders/{id}`: creates an order once, however often that is requested.
    func create(_ request: Request, _ command: CreateOrder) async throws -> Response {
        guard command.orderId == (try request.newIdentifier()) else {
            throw Problem.invalid("orderId", "must be the one in the path")
        }
        try command.check()
        request.outcomeIsSeen(at: "/orders/\(command.orderId)")
        let (order, isNew) = try await context.transaction { tx in try await create(command, in: tx) }
        guard !order.isGivenUp else {
            throw Problem(
                status: 409, title: "Order withdrawn", detail: "order \(order.id) was withdrawn",
                type: OrderAPI.withdrawn)
        }
        return try .json(order, status: isNew ? 201 : 200)
    }

    func create(_ command: CreateOrder, in tx: any Transaction) async throws -> (order: Order, isNew: Bool) {
        if let standing = try await orders.find(command.orderId, in: tx) { return (standing, false) }
        return (try await orders.insert(try checked(command), in: tx), true)
    }

    /// Handles `POST /api/orders/{id}/withdrawal`: stops the order at once. The order is withdrawn once its delivery is
    /// given up, and its money and stock are given back.
    func withdraw(_ request: Request, _ command: WithdrawOrder) async throws -> Response {
        guard command.order.orderId == (try request.newIdentifier()) else {
            throw Problem.invalid("order.orderId", "must be the one in the path")
        }
        try command.check()
        request.outcomeIsSeen(at: "/orders/\(command.order.orderId)")
        if let saga = try await context.transaction({ tx in try await withdraw(command, in: tx) }) {
            try await cancelling.sagas.drive(saga)
        }
        guard let order = try await orders.find(command.order.orderId) else {
            throw Problem.notFound("order \(command.order.orderId)")
        }
        switch order.withdrawal {
        case .done: return try .json(order)
        case .tooLate:
            throw Problem(
                status: 422, title: "Too late",
                detail: "the fulfilment of order \(order.id) is \(order.fulfilmentStatus.rawValue)",
                type: OrderAPI.shipped)
        case .underWay:
            throw Problem(
                status: 409, title: "Not withdrawn yet", detail: "order \(order.id) is \(order.status.rawValue)",
                type: OrderAPI.withdrawing, retryAfter: .seconds(2))
        }
    }

    /// Withdraws the order. Returns the cancellation that is to be driven; `nil` if none is needed.
    private func withdraw(
        _ command: WithdrawOrder, in tx: any Transaction
    ) async throws -> SagaInstance<CancellationState>? {
        guard var order = try await orders.find(command.order.orderId, in: tx) else {
            // The creation may still be on its way, and finds the tombstone. No other service has heard of the order.
            var order = try checked(command.order)
            order.becomeTombstone(reason: command.reason, at: context.loop.now)
            try await orders.insert(order, in: tx)
            return nil
        }
        guard command.failure == .paymentDeclined, order.paymentDeclined(reason: command.reason) else {
            // Stock and cart do not wait for a provider that does not say what it did.
            return try await cancelling.begin(
                order, reason: command.reason, isOverdue: command.failure == .timedOut, in: tx)
        }
        try await orders.update(order, in: tx)
        return nil
    }

    private func checked(_ command: CreateOrder) throws(Problem) -> Order {
        do {
            return try Order.create(command, at: context.loop.now)
        } catch {
            throw error.problem
        }
    }
}

extension CreateOrder {
    private static let mostLines = 1000

    /// Throws a 400 `Problem` that names every field which is out of bounds. Orders that come by event were made by the
    /// shop's own services, and are not checked.
    func check(prefix: String = "") throws(Problem) {
        var errors = FieldErrors()
        errors.require(identifier: orderId, prefix + "orderId")
        errors.require(identifier: cartId, prefix + "cartId")
        errors.require(
            items.count <= Self.mostLines, prefix + "items", "must be at most \(Self.mostLines) lines")
        for (index, item) in items.prefix(Self.mostLines).enumerated() {
            errors.require(item.name, "\(prefix)items[\(index)].name", length: 1...200)
        }
        errors.require(identifier: buyer.customerId, prefix + "buyer.customerId")
        errors.require(buyer.name, prefix + "buyer.name", length: 1...200)
        errors.require(
            buyer.email.map(EmailAddress.isPlausible) ?? true, prefix + "buyer.email", "must be an e-mail address")
        errors.require(
            buyer.phone.map(PhoneNumber.isPlausible) ?? true, prefix + "buyer.phone",
            "must be a number as +628123456789")
        errors.require(address.recipient, prefix + "address.recipient", length: 1...200)
        errors.require(address.street, prefix + "address.street", length: 1...300)
        errors.require(address.city, prefix + "address.city", length: 1...100)
        errors.require(address.postalCode, prefix + "address.postalCode", length: 1...20)
        errors.require(address.country, prefix + "address.country", length: 2...2)
        try errors.check()
    }
}

extension WithdrawOrder {
    func check() throws(Problem) {
        try order.check(prefix: "order.")
        var errors = FieldErrors()
        // The reason is the text of the step that failed, which may quote another service.
        errors.require(reason.utf8.count <= 4000, "reason", "must have at most 4000 bytes")
        try errors.check()
    }
}
