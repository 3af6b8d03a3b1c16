import Contracts
import HTTP
import Kernel
import REST
import ServiceHost
import Storage
import Synchronization

/// The body of `POST /carts/{id}/checkout`; optional.
struct CheckOut: Codable, Sendable, Hashable {
    /// The total that the buyer saw, in minor units: if the cart comes to something else, nothing is ordered.
    let total: Int64?
    let currency: Currency?

    func check() throws(Problem) {
        var errors = FieldErrors()
        errors.require(total ?? 0 >= 0, "total", "must be at least 0, in minor units")
        errors.require(currency == nil || total != nil, "total", "is required beside currency")
        try errors.check()
    }
}

/// Handles `POST /carts/{id}/checkout`: begins a checkout, and waits a little for its end.
struct CheckOutHandler: Sendable {
    let context: ServiceEnvironment
    let carts: Repository<Cart>
    let checkouts: Repository<Checkout>
    let leader: any CheckoutLeader
    let watch: CheckoutWatch
    let cartResource: RestResource<Cart>
    let answer: CheckoutAnswer
    let settings: CartSettings

    func checkOut(_ seen: CheckOut?, _ call: CommandCall) async throws -> Response {
        try seen?.check()
        let newId = context.identifiers.next("ORD-")
        let limit = call.request.headers["Prefer"]?.contains("respond-async") == true ? nil : settings.wait
        // Taken before the checkout begins, so that no end is missed.
        let ticket = watch.ticket(for: newId)
        defer { watch.giveBack(newId, ticket) }
        return try await call.answer(subject: newId) { attempt, tx -> CommandStart<String> in
            if attempt.isResumed, try await checkouts.find(attempt.subject, in: tx) != nil {
                return .accepted(attempt.subject)
            }
            try await begin(attempt.subject, seen, call.request, in: tx)
            return .accepted(attempt.subject)
        } afterwards: { orderId in
            if let limit, orderId == newId {
                await watch.wait(for: orderId, ticket, atMost: limit)
            } else if let limit {
                let ticket = watch.ticket(for: orderId)
                defer { watch.giveBack(orderId, ticket) }
                let isRunning = try await checkouts.find(orderId)?.status == .running
                await watch.wait(for: orderId, ticket, atMost: isRunning ? limit : .zero)
            }
            guard let checkout = try await checkouts.find(orderId) else {
                throw Problem.notFound("checkout \(orderId)")
            }
            return try respond(checkout, call.request)
        }
    }

    private func begin(
        _ orderId: String, _ seen: CheckOut?, _ request: Request, in tx: any Transaction
    ) async throws {
        var cart = try await cartResource.itemToChange(of: request, in: tx)
        guard cart.status == .open else {
            throw Problem.notPossible("cart \(cart.id) is \(cart.status.rawValue)")
        }
        guard !cart.items.isEmpty else {
            throw Problem.notPossible("cart \(cart.id) is empty")
        }
        cart.checkOut(orderId: orderId)
        try await carts.update(cart, in: tx)
        let checkout = try await checkouts.insert(
            Checkout(
                orderId: orderId, cart: cart, style: leader.style, total: seen?.total, currency: seen?.currency,
                at: context.loop.now), in: tx)
        try await leader.begin(checkout, in: tx)
    }

    /// Answers with the state of the checkout. One that is still running is not the answer yet: the same key asks again how
    /// it went. One that took too long was taken back, and is tried anew with the key, as another order.
    private func respond(_ checkout: Checkout, _ request: Request) throws -> CommandAnswer {
        let response = try answer.response(checkout, request)
        if checkout.failure == .timedOut { return .forget(response) }
        return checkout.status == .running ? .release(response) : .complete(response)
    }
}

/// Leads a checkout from the moment that it is durable.
protocol CheckoutLeader: Sendable {
    var style: CheckoutStyle { get }

    func begin(_ checkout: Checkout, in tx: any Transaction) async throws
}

/// Answers with the state of a checkout: 201 if its order is paid, 202 while it runs, a problem if it failed.
struct CheckoutAnswer: Sendable {
    let resource: RestResource<Checkout>

    func response(_ checkout: Checkout, _ request: Request) throws -> Response {
        var response =
            if let failure = checkout.failure {
                problem(failure, checkout.reason).response()
            } else {
                try Response.json(
                    resource.representation(of: checkout, for: request),
                    status: checkout.status == .completed ? 201 : 202,
                    contentType: HAL.contentType)
            }
        response.headers.add("Location", resource.location(of: checkout.id, for: request))
        return response
    }

    private func problem(_ failure: CheckoutFailure, _ reason: String?) -> Problem {
        switch failure {
        case .outOfStock:
            Problem(status: 409, title: "Out of stock", detail: reason, type: ProductAPI.outOfStock)
        case .priceChanged:
            Problem(status: 409, title: "Price changed", detail: reason, type: ProductAPI.priceChanged)
        case .unknownProduct:
            Problem(status: 422, title: "Unknown product", detail: reason, type: CartAPI.unknownProduct)
        case .noAddress: Problem(status: 422, title: "No address", detail: reason, type: CustomerAPI.noAddress)
        case .paymentDeclined: Problem(status: 402, title: "Payment refused", detail: reason)
        case .cancelled:
            Problem(status: 409, title: "Checkout cancelled", detail: reason, type: CartAPI.cancelled)
        // The answer is not kept for the key, so that the same request may try again.
        case .timedOut:
            .unavailable(
                reason, title: "Checkout timed out", type: CartAPI.timedOut, retryAfter: .seconds(1),
                dependency: "checkout")
        }
    }
}

/// Lets requests wait for their checkout's end.
final class CheckoutWatch: Sendable {
    private let signals = Mutex<[String: [Signal]]>([:])
    private let loop: any Loop

    init(loop: any Loop) {
        self.loop = loop
    }

    /// Returns a ticket to wait with. It is taken before the checkout begins, so that no end is missed.
    func ticket(for orderId: String) -> Signal {
        let signal = Signal()
        signals.withLock { $0[orderId, default: []].append(signal) }
        return signal
    }

    /// Waits until the checkout ends or the time is over, and gives the ticket back. An end in another process is not
    /// noticed here.
    func wait(for orderId: String, _ ticket: Signal, atMost limit: Duration) async {
        await ticket.wait(on: loop, atMost: limit)
        giveBack(orderId, ticket)
    }

    func giveBack(_ orderId: String, _ ticket: Signal) {
        signals.withLock { signals in
            signals[orderId]?.removeAll { $0 === ticket }
            if signals[orderId]?.isEmpty == true { signals[orderId] = nil }
        }
    }

    func ended(_ orderId: String) {
        for signal in signals.withLock({ $0[orderId] ?? [] }) { signal.raise() }
    }
}
