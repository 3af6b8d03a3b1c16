import Contracts
import HTTP
import Kernel
import REST
import ServiceHost
import Storage

/// Putting a cart together.
struct CartEditing: Sendable {
    let context: ServiceContext
    let carts: Repository<Cart>
    let resource: RestResource<Cart>
    let prices: CartPrices

    /// `GET /carts/{id}`. Prices change without the cart, so that a reader always gets them.
    func show(_ request: Request) async throws -> Response {
        let id: String = try request.parameter("id")
        guard let cart = try await carts.find(id) else { throw Problem.notFound("cart \(id)") }
        return try await answer(cart, request, status: 200)
    }

    func create(_ request: Request, _ command: CreateCart) async throws -> Response {
        try CartRules.check(command)
        let cart = try await carts.insert(
            Cart(
                id: context.identifiers.next("CRT-"), customerId: command.customerId, branchId: command.branchId,
                items: command.items ?? []))
        var response = try await answer(cart, request, status: 201)
        response.headers.add("Location", resource.location(of: cart.id, for: request))
        return response
    }

    /// Adds pieces to those that are there.
    func add(_ request: Request, _ item: CheckoutItem) async throws -> Response {
        try CartRules.check(item)
        return try await change(request) { cart in
            let qty = (cart.quantity(of: item.sauceId) ?? 0) + item.qty
            try CartRules.check(CheckoutItem(sauceId: item.sauceId, qty: qty))
            cart.put(item.sauceId, qty: qty)
        }
    }

    func put(_ request: Request, _ command: ChangeItem) async throws -> Response {
        let sauceId = try sauceId(of: request)
        try CartRules.check(CheckoutItem(sauceId: sauceId, qty: command.qty))
        return try await change(request) { $0.put(sauceId, qty: command.qty) }
    }

    func remove(_ request: Request) async throws -> Response {
        let sauceId = try sauceId(of: request)
        return try await change(request) { $0.remove(sauceId) }
    }

    private func sauceId(of request: Request) throws -> Int64 {
        guard let id = request.parameters["sauceId"].flatMap({ Int64($0) }), id > 0 else {
            throw Problem.invalid("sauceId", "must be a number greater than 0")
        }
        return id
    }

    private func change(
        _ request: Request, _ body: @escaping @Sendable (inout Cart) throws -> Void
    ) async throws -> Response {
        let id = request.parameters["id"] ?? ""
        let cart = try await context.transaction { tx in
            guard var cart = try await carts.find(id, in: tx) else { throw Problem.notFound("cart \(id)") }
            try request.requireMatch(cart)
            guard cart.status == .open else {
                throw Problem(status: 409, title: "Not possible now", detail: "cart \(id) is \(cart.status.rawValue)")
            }
            try body(&cart)
            guard cart.items.count <= Cart.maximumItems else {
                throw Problem(status: 409, detail: "a cart has at most \(Cart.maximumItems) products")
            }
            return try await carts.update(cart, in: tx)
        }
        return try await answer(cart, request, status: 200)
    }

    private func answer(_ cart: Cart, _ request: Request, status: Int) async throws -> Response {
        let links = resource.representation(of: cart, for: request).links
        var response = try Response.json(
            HALItem(await prices.priced(cart), links: links), status: status, contentType: HAL.contentType)
        response.headers.add("ETag", "\"\(cart.version)\"")
        return response
    }
}
