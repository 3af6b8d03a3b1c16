import Contracts
import HTTP
import Kernel
import ServiceTestSupport
import Testing

@testable import ProductService

extension ServiceUnderTest {
    /// Products with the numbers 1 to `products`, at 100 times their number, and `pieces` of each at branch 1.
    func stock(_ products: Int = 1, pieces: Int64 = 10) async throws {
        for number in 1...products {
            let product = #"{"sauceId":\#(number),"name":"sauce \#(number)","price":\#(number * 100)}"#
            try await expect(201, try await send(.post, "/products", product))
            if pieces > 0 { try await expect(201, try await adjust(sauce: number, by: pieces)) }
        }
    }

    func adjust(
        sauce: Int = 1, by change: Int64, key: String? = nil, branch: Int = 1
    ) async throws -> Response {
        let headers: Headers = key.map { [IdempotencyKeyHeader.name: $0] } ?? Headers()
        return try await send(
            .post, "/stocks/adjustments",
            #"{"branchId":\#(branch),"sauceId":\#(sauce),"change":\#(change),"reason":"test"}"#, headers)
    }

    /// `items` as JSON: `[[1,2]]` are two pieces of sauce 1.
    func reserve(_ id: String, _ items: [(Int, Int)], expiresAfter: Int? = nil) async throws -> Response {
        let lines = items.map { #"{"sauceId":\#($0),"qty":\#($1)}"# }.joined(separator: ",")
        let expiry = expiresAfter.map { #","expiresAfter":\#($0)"# } ?? ""
        return try await send(
            .put, ProductAPI.reservation(orderId: id), #"{"branchId":1,"items":[\#(lines)]\#(expiry)}"#)
    }

    func commit(_ id: String) async throws -> Response { try await send(.post, ProductAPI.commit(orderId: id)) }
    func release(_ id: String) async throws -> Response { try await send(.post, ProductAPI.release(orderId: id)) }

    /// On hand, and reserved of it.
    func pieces(_ sauce: Int = 1) async throws -> [Int64] {
        let stock = try await send(.get, "/stocks/1-\(sauce)").json(Stock.self)
        #expect(stock.available == stock.onHand - stock.reserved && stock.available >= 0)
        return [stock.onHand, stock.reserved]
    }

    func status(_ id: String) async throws -> StockReservation.Status {
        try await send(.get, ProductAPI.reservation(orderId: id)).json(Reservation.self).status
    }

    private func expect(_ status: Int, _ answer: Response) async throws {
        guard answer.status == status else { throw Unexpected(description: "\(answer.status) \(answer.text)") }
    }
}

enum IdempotencyKeyHeader {
    static let name = "Idempotency-Key"
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String
}

extension Response {
    var problemType: String? { Problem(self)?.type }
}
