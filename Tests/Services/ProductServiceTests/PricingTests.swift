import Contracts
import HTTP
import ProductService
import ServiceTestSupport
import Testing

/// `GET /prices`.
@Suite struct PricingTests {
    @Test func the_prices_of_what_the_branch_has_are_told_once_each() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock(2)
            _ = try await service.send(.put, "/products/3", #"{"name":"not at the branch","price":5}"#)
            let answer = try await service.send(.get, ProductAPI.prices(branchId: 1, sauceIds: [2, 1, 2, 3, 9]))
            #expect(answer.status == 200, "\(answer.text)")
            let list = try answer.json(PriceList.self)
            #expect(list.branchId == 1 && list.prices.map(\.sauceId) == [1, 2])
            #expect(list.prices.map(\.price) == [100, 200] && list.prices.allSatisfy(\.isActive))
            #expect(try await service.send(.get, "/prices?branchId=2&sauceIds=1").json(PriceList.self).prices.isEmpty)
        }
    }

    @Test func what_is_sold_out_or_not_for_sale_has_its_price() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock(1, pieces: 1)
            _ = try await service.adjust(by: -1)
            _ = try await service.send(.patch, "/products/1", #"{"isActive":false,"price":150}"#)
            let list = try await service.send(.get, "/prices?branchId=1&sauceIds=1").json(PriceList.self)
            #expect(list.prices.map(\.price) == [150] && list.prices.map(\.isActive) == [false])
        }
    }

    @Test(arguments: [
        ("", "branchId"), ("?branchId=0&sauceIds=1", "branchId"), ("?branchId=x&sauceIds=1", "branchId"),
        ("?branchId=1", "sauceIds"), ("?branchId=1&sauceIds=1,,2", "sauceIds"), ("?branchId=1&sauceIds=-1", "sauceIds"),
        ("?branchId=1&sauceIds=" + (1...101).map(String.init).joined(separator: ","), "sauceIds"),
    ])
    func what_is_wrong_is_named(_ query: String, _ field: String) async throws {
        try await withService(ProductService.self) { service in
            let answer = try await service.send(.get, "/prices" + query)
            #expect(answer.status == 400 && answer.fields.contains(field), "\(answer.text)")
        }
    }
}
