import FoundationEssentials
import HTTP
import Kernel
import ServiceHost
import Simulation

/// Puts goods on the shelf and customers with a cart each before them, by the requests that a person would send.
struct Shopkeeper: Sendable {
    let node: SimulatedNode
    let door: Door

    /// The carts, one of each customer.
    func prepare(_ goods: Goods) async throws -> [String] {
        try await post("/products", #"{"sauceId":1,"name":"Sambal oelek","price":\#(Goods.price)}"#)
        try await post(
            "/stocks/adjustments",
            #"{"branchId":1,"sauceId":1,"change":\#(goods.pieces),"reason":"delivery of goods"}"#)
        var carts: [String] = []
        for number in 1...goods.customers {
            let customer = try await post(
                "/customers",
                #"{"name":"Buyer \#(number)","email":"buyer\#(number)@example.com","phone":"+62812345678\#(number)"}"#)
            if goods.hasAddresses {
                try await post(
                    "/customers/\(customer)/addresses", #"{"street":"Jalan 1","city":"Jakarta","country":"ID"}"#)
            }
            carts.append(
                try await post(
                    "/carts", #"{"customerId":"\#(customer)","branchId":1,"items":[{"sauceId":1,"qty":1}]}"#))
        }
        return carts
    }

    /// The identifier of what was made.
    @discardableResult
    private func post(_ path: String, _ body: String) async throws -> String {
        let headers: Headers = ["Content-Type": "application/json"]
        for _ in 0..<50 {
            let response = try? await door.client(for: path).send(.post, path, headers: headers, body: Data(body.utf8))
            // The services are still starting.
            guard let response, response.status < 500 else {
                try await node.sleep(for: .milliseconds(100))
                continue
            }
            guard response.isSuccess else {
                throw SimulatedShop.Fault(
                    description: "\(path): \(response.status) \(String(decoding: response.body, as: UTF8.self))")
            }
            return response.headers["Location"]?.split(separator: "/").last.map(String.init) ?? ""
        }
        throw SimulatedShop.Fault(description: "\(path) was not answered")
    }
}
