import HTTP
import Kernel
import ServiceTestSupport
import Testing

@testable import ProductService

@Suite struct ProductTests {
    @Test func a_product_is_added_under_its_number() async throws {
        try await withService(ProductService.self, "currency: IDR") { service in
            let answer = try await service.send(
                .post, "/products", #"{"sauceId":"7","name":"ABC","price":"15000"}"#)
            #expect(answer.status == 201 && answer.headers["Location"] == "http://product/products/7")
            let product = try await service.send(.get, "/products/7").json(Product.self)
            #expect(product.price == 15000 && product.currency.code == "IDR" && product.isActive)
            let again = try await service.send(.post, "/products", #"{"sauceId":7,"name":"x","price":1}"#)
            #expect(again.status == 409 && again.fields == ["sauceId"])
        }
    }

    @Test func put_takes_the_number_from_the_path() async throws {
        try await withService(ProductService.self) { service in
            let body = #"{"name":"ABC","price":1}"#
            #expect(try await service.send(.put, "/products/7", body).status == 201)
            #expect(try await service.send(.put, "/products/7", body).status == 200)
            let other = try await service.send(.put, "/products/7", #"{"sauceId":8,"name":"ABC","price":1}"#)
            #expect(other.status == 400 && other.fields == ["sauceId"])
            #expect(try await service.send(.put, "/products/007", body).fields == ["sauceId"])
            #expect(try await service.send(.put, "/products/x", body).fields.contains("sauceId"))
            #expect(try await service.send(.patch, "/products/7", #"{"sauceId":8}"#).fields == ["sauceId"])
            #expect(try await service.send(.patch, "/products/7", #"{"price":"2"}"#).status == 200)
        }
    }

    @Test(arguments: [
        (#"{"sauceId":0,"name":"","price":0}"#, ["sauceId", "name", "price"]),
        (#"{"name":"a","price":1}"#, ["sauceId"]),
        (#"{"sauceId":1,"name":"a","price":1,"currency":"XXX"}"#, ["currency"]),
        (#"{"sauceId":1,"name":"a","price":1000000000001}"#, ["price"]),
        (#"{"sauceId":1,"name":"a","price":1.5}"#, ["price"]),
        (#"{"sauceId":1,"name":"a","price":1,"isActive":"maybe"}"#, ["isActive"]),
    ])
    func what_is_wrong_is_named(body: String, fields: [String]) async throws {
        try await withService(ProductService.self) { service in
            let answer = try await service.send(.post, "/products", body)
            #expect(answer.status == 400 && answer.fields == fields)
        }
    }

    @Test func what_is_in_stock_is_not_deleted() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            #expect(try await service.send(.delete, "/products/1").status == 409)
            _ = try await service.adjust(by: -10)
            #expect(try await service.send(.delete, "/products/1").status == 204)
        }
    }
}
