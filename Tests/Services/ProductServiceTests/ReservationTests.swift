import Contracts
import HTTP
import Kernel
import ServiceTestSupport
import Testing

@testable import ProductService

@Suite struct ReservationTests {
    @Test func stock_is_kept_at_the_prices_of_the_moment() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock(2)
            let answer = try await service.reserve("ORD-1", [(2, 3), (1, 1), (2, 1)])
            #expect(answer.status == 201)
            let expected = StockReservation(
                orderId: "ORD-1", branchId: 1, status: .reserved,
                items: [
                    OrderItem(sauceId: 1, name: "sauce 1", qty: 1, price: 100),
                    OrderItem(sauceId: 2, name: "sauce 2", qty: 4, price: 200),
                ], currency: .southKoreanWon)
            #expect(try answer.json(StockReservation.self) == expected)
            _ = try await service.send(.patch, "/products/1", #"{"price":999}"#)
            let again = try await service.reserve("ORD-1", [(1, 1), (2, 4)])
            #expect(again.status == 200 && again.body == answer.body)
            #expect(try await service.pieces(1) == [10, 1])
            #expect(try await service.pieces(2) == [10, 4])
        }
    }

    @Test func all_lines_or_none() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock(2)
            let answer = try await service.reserve("ORD-1", [(1, 5), (2, 11)])
            #expect(answer.status == 409 && answer.problemType == ProductAPI.outOfStock)
            #expect(try await service.pieces(1) == [10, 0])
            #expect(try await service.reserve("ORD-1", [(1, 5), (2, 10)]).status == 201)
        }
    }

    @Test func another_content_under_the_same_id_is_422() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            #expect(try await service.reserve("ORD-1", [(1, 5)]).status == 201)
            #expect(try await service.reserve("ORD-1", [(1, 4)]).status == 422)
            #expect(try await service.reserve("ORD-1", [(1, 50)]).status == 422)
            #expect(try await service.reserve("ORD-1", [(9, 5)]).status == 422)
            #expect(try await service.pieces() == [10, 5])
        }
    }

    @Test func a_repetition_finds_its_reservation_though_nothing_is_left() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            #expect(try await service.reserve("ORD-1", [(1, 10)]).status == 201)
            #expect(try await service.reserve("ORD-1", [(1, 10)]).status == 200)
            _ = try await service.send(.patch, "/products/1", #"{"isActive":false}"#)
            #expect(try await service.reserve("ORD-1", [(1, 10)]).status == 200)
            #expect(try await service.pieces() == [10, 10])
        }
    }

    @Test func what_is_not_sold_or_in_another_currency_is_422() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock(2)
            #expect(try await service.reserve("ORD-1", [(1, 1), (9, 1)]).status == 422)
            _ = try await service.send(.patch, "/products/2", #"{"currency":"USD"}"#)
            #expect(try await service.reserve("ORD-1", [(1, 1), (2, 1)]).status == 422)
            #expect(try await service.reserve("ORD-2", [(2, 1)]).status == 201)
            _ = try await service.send(.patch, "/products/1", #"{"isActive":false}"#)
            #expect(try await service.reserve("ORD-1", [(1, 1)]).status == 422)
            _ = try await service.send(
                .patch, "/products/1", #"{"isActive":true,"price":1000000000000}"#)
            #expect(try await service.reserve("ORD-1", [(1, 2)]).status == 422)
            #expect(try await service.reserve("ORD-1", [(1, 1)]).status == 201)
        }
    }

    @Test func a_commit_sells_once_and_a_release_brings_back_once() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            _ = try await service.reserve("ORD-1", [(1, 4)])
            for _ in 0..<2 {
                let sold = try await service.commit("ORD-1")
                #expect(try sold.status == 200 && sold.json(StockReservation.self).status == .committed)
                #expect(try await service.pieces() == [6, 0])
            }
            for _ in 0..<2 {
                #expect(try await service.release("ORD-1").status == 200)
                #expect(try await service.pieces() == [10, 0])
            }
            let late = try await service.commit("ORD-1")
            #expect(late.status == 409 && late.problemType == ProductAPI.reservationReleased)
            #expect(try await service.commit("ORD-9").status == 404)
        }
    }

    @Test func after_a_release_nothing_is_reserved_even_where_nothing_was() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            #expect(try await service.release("ORD-1").status == 200)
            _ = try await service.reserve("ORD-2", [(1, 4)])
            #expect(try await service.release("ORD-2").status == 200)
            for id in ["ORD-1", "ORD-2"] {
                let late = try await service.reserve(id, [(1, 4)])
                #expect(late.status == 409 && late.problemType == ProductAPI.reservationReleased)
                #expect(try await service.commit(id).problemType == ProductAPI.reservationReleased)
            }
            #expect(try await service.pieces() == [10, 0])
        }
    }

    @Test(arguments: [
        (#"{"branchId":0,"items":[],"expiresAfter":0}"#, ["branchId", "items", "expiresAfter"]),
        (#"{"branchId":1,"items":[{"sauceId":0,"qty":0}]}"#, ["items[0].sauceId", "items[0].qty"]),
        (#"{"branchId":1,"items":[{"sauceId":1,"qty":1000001}]}"#, ["items[0].qty"]), (#"{"branchId":1}"#, ["items"]),
    ])
    func what_is_wrong_is_named(body: String, fields: [String]) async throws {
        try await withService(ProductService.self) { service in
            let answer = try await service.send(.put, "/reservations/ORD-1", body)
            #expect(answer.status == 400 && answer.fields == fields)
        }
    }
}
