import Contracts
import HTTP
import Kernel
import REST
import ServiceHost
import Storage

/// The body of `POST /carts`.
struct CreateCart: Codable, Sendable {
    let customerId: String
    let branchId: Int64
    let items: [CheckoutItem]?
}

/// The body of `PUT /carts/{id}/items/{sauceId}`.
struct ChangeItem: Codable, Sendable {
    /// Pieces, at least 1.
    let qty: Int64
}

/// Handles the commands that put a cart together.
struct EditCartHandler: Sendable {
    let context: ServiceEnvironment
    let carts: Repository<Cart>
    let resource: RestResource<Cart>
    let prices: CartPrices

    /// `GET /carts/{id}`. Prices change without the cart, so that a reader always gets them.
    func show(_ request: Request) async throws -> Response {
        try await answer(try await resource.item(of: request), request, status: 200)
    }

    func create(_ request: Request, _ command: CreateCart) async throws -> Response {
        try CartRules.check(command)
        let cart = try await carts.insert(
            Cart(
                id: context.identifiers.next("CRT-"), customerId: command.customerId, branchId: command.branchId,
                items: command.items ?? [], owner: request.scope.owner))
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
        let text: String = try request.parameter("sauceId")
        guard let id = Int64(text), id > 0 else {
            throw Problem.invalid("sauceId", "must be a number greater than 0")
        }
        return id
    }

    private func change(
        _ request: Request, _ edit: @escaping @Sendable (inout Cart) throws -> Void
    ) async throws -> Response {
        let cart = try await context.transaction { tx in
            var cart = try await resource.itemToChange(of: request, in: tx)
            guard cart.status == .open else {
                throw Problem.notPossible("cart \(cart.id) is \(cart.status.rawValue)")
            }
            try edit(&cart)
            guard cart.items.count <= Cart.maximumItems else {
                throw Problem(status: 409, detail: "a cart has at most \(Cart.maximumItems) products")
            }
            return try await carts.update(cart, in: tx)
        }
        return try await answer(cart, request, status: 200)
    }

    private func answer(_ cart: Cart, _ request: Request, status: Int) async throws -> Response {
        let links = resource.representation(of: cart, for: request).links
        return try Response.json(
            HALItem(await prices.priced(cart), links: links), status: status, contentType: HAL.contentType
        ).tagged(cart.version)
    }
}

/// The rules of a cart's content, field by field.
enum CartRules {
    static func check(_ command: CreateCart) throws(Problem) {
        var errors = FieldErrors()
        let hasLength = ResourceIdentifier.lengths.contains(command.customerId.utf8.count)
        errors.require(hasLength, "customerId", "must have 1 to 64 bytes")
        // It becomes a part of a path as it is.
        errors.require(
            !hasLength || ResourceIdentifier.isValid(command.customerId), "customerId",
            "must consist of letters, digits and -._~")
        errors.require(command.branchId > 0, "branchId", "must be greater than 0")
        let items = command.items ?? []
        errors.require(items.count <= Cart.maximumItems, "items", "must be at most \(Cart.maximumItems)")
        for (index, item) in items.enumerated() { require(item, "items[\(index)].", &errors) }
        errors.require(Set(items.map(\.sauceId)).count == items.count, "items", "must name each sauceId once")
        try errors.check()
    }

    static func check(_ item: CheckoutItem) throws(Problem) {
        var errors = FieldErrors()
        require(item, "", &errors)
        try errors.check()
    }

    private static func require(_ item: CheckoutItem, _ prefix: String, _ errors: inout FieldErrors) {
        errors.require(item.sauceId > 0, prefix + "sauceId", "must be greater than 0")
        errors.require(
            Cart.pieces.contains(item.qty), prefix + "qty", "must be from 1 to \(Cart.pieces.upperBound)")
    }
}
