import Contracts
import HTTP
import Idempotency
import Kernel
import REST
import ServiceHost
import Storage

/// The use case behind `POST /carts/{id}/checkout`: begins a checkout, and waits a little for its end.
struct CheckingOut: Sendable {
    let context: ServiceContext
    let carts: Repository<Cart>
    let checkouts: Repository<Checkout>
    let idempotency: IdempotencyStore
    let leader: any CheckoutLeader
    let watch: CheckoutWatch
    let answer: CheckoutAnswer
    let settings: CartSettings

    private enum Beginning: Sendable {
        case begun(orderId: String, IdempotencyClaim?)
        case replay(Response)
    }

    func checkOut(_ request: Request) async throws -> Response {
        let seen = request.body.isEmpty ? nil : try request.decode(CheckOut.self)
        if let total = seen?.total, total < 0 { throw Problem.invalid("total", "must be at least 0, in minor units") }
        if seen?.currency != nil, seen?.total == nil { throw Problem.invalid("total", "is required beside currency") }
        let key = try IdempotencyKey(request)
        let newId = context.identifiers.next("ORD-")
        let limit = request.headers["Prefer"]?.contains("respond-async") == true ? nil : settings.wait
        let ticket = watch.ticket(for: newId)
        defer { watch.giveBack(newId, ticket) }
        switch try await begin(request, seen, key: key, newId: newId) {
        case .replay(let response): return response
        case .begun(let orderId, let claim):
            if let limit, orderId == newId {
                await watch.wait(for: orderId, ticket, atMost: limit)
            } else if let limit {
                let ticket = watch.ticket(for: orderId)
                defer { watch.giveBack(orderId, ticket) }
                let isRunning = try await checkouts.find(orderId)?.status == .running
                await watch.wait(for: orderId, ticket, atMost: isRunning ? limit : .zero)
            }
            return try await respond(orderId, claim, request)
        }
    }

    private func begin(
        _ request: Request, _ seen: CheckOut?, key: IdempotencyKey?, newId: String
    ) async throws -> Beginning {
        let id = request.parameters["id"] ?? ""
        let lease = settings.wait + .seconds(5)
        return try await context.transaction { tx in
            var (orderId, claim) = (newId, IdempotencyClaim?.none)
            if let key {
                switch try await idempotency.begin(key, for: request, subject: newId, lease: lease, in: tx) {
                case .replay(let response): return .replay(response)
                case .started(let started): claim = started
                case .resumed(let resumed, let subject):
                    (orderId, claim) = (subject, resumed)
                    if try await checkouts.find(subject, in: tx) != nil { return .begun(orderId: subject, resumed) }
                }
            }
            guard var cart = try await carts.find(id, in: tx) else { throw Problem.notFound("cart \(id)") }
            try request.requireMatch(cart)
            guard cart.status == .open else {
                throw Problem(status: 409, title: "Not possible now", detail: "cart \(id) is \(cart.status.rawValue)")
            }
            guard !cart.items.isEmpty else {
                throw Problem(status: 409, title: "Not possible now", detail: "cart \(id) is empty")
            }
            cart.checkOut(orderId: orderId)
            try await carts.update(cart, in: tx)
            let checkout = try await checkouts.insert(
                Checkout(
                    orderId: orderId, cart: cart, style: leader.style, total: seen?.total, currency: seen?.currency,
                    at: context.loop.now), in: tx)
            try await leader.begin(checkout, in: tx)
            return .begun(orderId: orderId, claim)
        }
    }

    private func respond(_ orderId: String, _ claim: IdempotencyClaim?, _ request: Request) async throws -> Response {
        guard let claim else { return try answer.response(try await found(orderId), request) }
        let checkout = try await found(orderId)
        let response = try answer.response(checkout, request)
        try await context.transaction { tx in
            // What is still running is not the answer yet: the same key asks again how it went. What took too long was
            // taken back, and is tried anew with it, as another order.
            if checkout.failure == .timedOut {
                try await idempotency.forget(claim, in: tx)
            } else if checkout.status == .running {
                try await idempotency.release(claim, in: tx)
            } else {
                try await idempotency.complete(claim, with: response, in: tx)
            }
        }
        return response
    }

    private func found(_ orderId: String) async throws -> Checkout {
        guard let checkout = try await checkouts.find(orderId) else { throw Problem.notFound("checkout \(orderId)") }
        return checkout
    }
}

/// Who makes a checkout happen once it is durable.
protocol CheckoutLeader: Sendable {
    var style: CheckoutStyle { get }

    func begin(_ checkout: Checkout, in tx: any Transaction) async throws
}
