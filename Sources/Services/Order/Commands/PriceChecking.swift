import Contracts
import HTTP
import Kernel
import ServiceHost

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

    /// Throws 409 that names each line whose price is another, and 503 where product could not be asked: nothing is
    /// charged at a price that nobody has checked. A product that is not known at the branch has the price that was given.
    static func check(_ order: Order, _ quote: Quote) throws(Problem) {
        let prices: PriceList
        switch quote {
        case .notAsked: return
        case .unavailable(let reason): throw .unavailable("The prices could not be checked: \(reason)")
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
