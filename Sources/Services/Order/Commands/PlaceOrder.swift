public import Contracts
import HTTP
public import Kernel
import REST
import ServiceHost
import Storage

/// The body of `POST /orders`: one line by itself (`sauceId`, `qty`, `price`), or several as `items`. Members are read
/// as far as they can be; `unreadable` names the others.
public struct PlaceOrder: Codable, Sendable, Hashable {
    public let branchId: Int64?
    public let sauceId: Int64?
    /// Pieces.
    public let qty: Int64?
    /// The price of one piece, in minor units.
    public let price: Int64?
    public let items: [PlaceOrderItem]?
    /// ISO 4217; the shop's own if none is given.
    public let currency: Currency?
    /// The address for mails to the buyer; optional.
    public let email: String?
    /// The number for text messages to the buyer, in E.164; optional.
    public let phone: String?
    /// The language of the messages; the shop's own if none is given.
    public let language: Language?
    let unreadable: [InvalidOrder.Field]

    public init(
        branchId: Int64?, sauceId: Int64? = nil, qty: Int64? = nil, price: Int64? = nil,
        items: [PlaceOrderItem]? = nil, currency: Currency? = nil, email: String? = nil, phone: String? = nil,
        language: Language? = nil
    ) {
        self.branchId = branchId
        self.sauceId = sauceId
        self.qty = qty
        self.price = price
        self.items = items
        self.currency = currency
        self.email = email
        self.phone = phone
        self.language = language
        unreadable = []
    }

    private enum CodingKeys: String, CodingKey {
        case branchId, sauceId, qty, price, items, currency, email, phone, language
    }

    public init(from decoder: any Decoder) throws {
        var fields = try FieldReader(decoder, keyedBy: CodingKeys.self)
        branchId = try fields.read(.branchId)
        sauceId = try fields.read(.sauceId)
        qty = try fields.read(.qty)
        price = try fields.read(.price)
        items = try fields.read(.items)
        currency = try fields.read(.currency)
        email = try fields.read(.email)
        phone = try fields.read(.phone)
        language = try fields.read(.language)
        unreadable = fields.unreadable
    }
}

/// A line of `items`.
public struct PlaceOrderItem: Codable, Sendable, Hashable {
    /// Or `productId`.
    public let sauceId: Int64?
    public let productId: Int64?
    /// Pieces; or `quantity`.
    public let qty: Int64?
    public let quantity: Int64?
    /// The price of one piece, in minor units.
    public let price: Int64?
    /// For the buyer's mails; optional.
    public let name: String?
    let unreadable: [InvalidOrder.Field]

    public init(
        sauceId: Int64? = nil, productId: Int64? = nil, qty: Int64? = nil, quantity: Int64? = nil, price: Int64? = nil,
        name: String? = nil
    ) {
        self.sauceId = sauceId
        self.productId = productId
        self.qty = qty
        self.quantity = quantity
        self.price = price
        self.name = name
        unreadable = []
    }

    private enum CodingKeys: String, CodingKey {
        case sauceId, productId, qty, quantity, price, name
    }

    public init(from decoder: any Decoder) throws {
        var fields = try FieldReader(decoder, keyedBy: CodingKeys.self)
        sauceId = try fields.read(.sauceId)
        productId = try fields.read(.productId)
        qty = try fields.read(.qty)
        quantity = try fields.read(.quantity)
        price = try fields.read(.price)
        name = try fields.read(.name)
        unreadable = fields.unreadable
    }
}

extension FieldReader {
    /// The members that could not be read, as faults of an order.
    fileprivate var unreadable: [InvalidOrder.Field] { errors.map { .init(name: $0.field, message: $0.message) } }
}

/// Handles `POST /orders`: one transaction accepts the order, then payment is asked, and another transaction records
/// its answer.
struct PlaceOrderHandler: Sendable {
    let context: ServiceEnvironment
    let orders: Repository<Order>
    let payment: OrderPayment
    let prices: PriceChecking
    let resource: RestResource<Order>
    let settings: OrderSettings

    func place(_ command: PlaceOrder, _ call: CommandCall) async throws -> Response {
        let newId = context.identifiers.next("ORD-")
        let owner = call.request.scope.owner
        let placed = try order(command, id: newId, owner)
        let quote = await prices.quote(for: placed)
        return try await call.answer(subject: newId) { attempt, tx -> CommandStart<Accepted> in
            // A resumed attempt keeps its order, whose payment key then does not let the work be done twice.
            if attempt.isResumed, let standing = try await orders.find(attempt.subject, in: tx) {
                return try accepted(standing, isFirstTry: false, call.request)
            }
            let order = attempt.isResumed ? try order(command, id: attempt.subject, owner) : placed
            // A repetition is answered as the first request was, whatever the prices are today: so they are checked here.
            try PriceChecking.check(order, quote)
            return try accepted(try await orders.insert(order, in: tx), isFirstTry: true, call.request)
        } afterwards: { accepted in
            let outcome = await payment.request(for: accepted.order)
            return accepted.isFirstTry ? outcome : outcome.afterEarlierTry
        } record: { outcome, accepted, tx in
            switch try await payment.record(outcome, for: accepted.order, in: tx) {
            case .stands(let order): return .complete(try answer(for: order, call.request))
            // The payment certainly did not start. The same key may try again, as another order, because an event has told
            // the end of this one.
            case .rejected(let reason):
                return .forget(
                    throwing: .unavailable("The order was not placed: \(reason)", dependency: payment.payment.name))
            }
        }
    }

    private struct Accepted: Sendable {
        let order: Order
        let isFirstTry: Bool
    }

    private func accepted(
        _ order: Order, isFirstTry: Bool, _ request: Request
    ) throws -> CommandStart<Accepted> {
        guard settings.payment == .off else { return .accepted(Accepted(order: order, isFirstTry: isFirstTry)) }
        return .answer(.complete(try answer(for: order, request)))
    }

    private func order(_ command: PlaceOrder, id: String, _ owner: Principal?) throws(Problem) -> Order {
        do {
            var order = try Order.place(
                command, id: id, defaultCurrency: settings.currency, owner: owner, at: context.loop.now)
            if settings.payment != .off { order.paymentDueAt = order.placedAt + settings.paymentDeadline }
            return order
        } catch {
            throw error.problem
        }
    }

    /// Answers 201 with the order if its payment has started, 202 while that is not known, 402 if it was refused.
    private func answer(for order: Order, _ request: Request) throws -> Response {
        if order.paymentStatus == .failed {
            var problem = Problem(status: 402, title: "Payment refused", detail: order.failureReason)
            problem.headers.add("Location", resource.location(of: order.id, for: request))
            return problem.response()
        }
        let status = order.paymentStatus == .requiresPayment ? 202 : 201
        return try resource.answer(with: order, status: status, isLocated: true, to: request)
    }
}

extension InvalidOrder {
    /// 400 that names every field.
    var problem: Problem { .invalid(fields.map { .init(field: $0.name, message: $0.message) }) }
}

/// Compares the prices of an order with those of product (`order: prices: catalogue`).
struct PriceChecking: Sendable {
    /// Product's answer about the order's lines.
    enum Quote: Sendable {
        case notAsked
        case prices(PriceList)
        case unavailable(String)
    }
    let product: ServiceClient
    let isOn: Bool
    let timeout: Duration

    func quote(for order: Order) async -> Quote {
        guard isOn else { return .notAsked }
        let sauceIds = Set(order.items.map(\.sauceId)).sorted()
        do {
            let path = ProductAPI.prices(branchId: order.branchId, sauceIds: sauceIds)
            let response = try await product.send(.get, path, timeout: timeout)
            guard response.isSuccess else { return .unavailable("product answered \(response.status)") }
            return .prices(try JSON.decode(PriceList.self, from: response.body))
        } catch {
            return .unavailable(ErrorText.of(error))
        }
    }

    /// Throws a 409 that names each line with another price, and a 503 if product could not be asked: nothing is charged
    /// at a price that nobody has checked. A product that is not known at the branch has the price that was given.
    static func check(_ order: Order, _ quote: Quote) throws(Problem) {
        let prices: PriceList
        switch quote {
        case .notAsked: return
        case .unavailable(let reason):
            throw .unavailable("The prices could not be checked: \(reason)", dependency: "product")
        case .prices(let list): prices = list
        }
        var errors: [Problem.Field] = []
        for (index, item) in order.items.enumerated() {
            let prefix = order.isOneLine ? "" : "items[\(index)]."
            guard let entry = prices.price(of: item.sauceId) else { continue }
            if !entry.isActive {
                errors.append(.init(field: prefix + "sauceId", message: "is not for sale"))
            } else if entry.currency != order.currency {
                errors.append(.init(field: prefix + "price", message: "is \(entry.price) \(entry.currency.code)"))
            } else if entry.price != item.price {
                errors.append(.init(field: prefix + "price", message: "is \(entry.price), not \(item.price)"))
            }
        }
        guard errors.isEmpty else {
            throw Problem(
                status: 409, title: "Price changed",
                detail: errors.map { "\($0.field) \($0.message)" }.joined(separator: "; "),
                type: ProductAPI.priceChanged, errors: errors)
        }
    }
}
