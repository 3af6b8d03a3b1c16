import HTTP
import ServiceTestSupport
import Testing

@testable import ProductService

@Suite struct StockAdjustingTests {
    @Test func goods_come_and_go_and_each_time_is_recorded() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            let answer = try await service.adjust(by: -3)
            #expect(answer.status == 201)
            let adjustment = try answer.json(StockAdjustment.self)
            #expect(adjustment.onHand == 7 && adjustment.change == -3)
            #expect(answer.headers["Location"] == "http://product/stocks/adjustments/" + adjustment.id)
            #expect(try await service.send(.get, "/stocks/adjustments/" + adjustment.id).status == 200)
            #expect(try await service.pieces() == [7, 0])
        }
    }

    @Test func what_is_reserved_stays() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            _ = try await service.reserve("ORD-1", [(1, 4)])
            let answer = try await service.adjust(by: -7)
            #expect(answer.status == 409 && answer.problemType == AdjustStockHandler.belowReserved)
            #expect(answer.fields == ["change"])
            #expect(try await service.adjust(by: -6).status == 201)
            #expect(try await service.pieces() == [4, 4])
        }
    }

    @Test func the_same_key_adjusts_once() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            let first = try await service.adjust(by: 5, key: "k1")
            let again = try await service.adjust(by: 5, key: "k1")
            #expect(first.status == 201 && again.body == first.body)
            #expect(again.headers["Idempotent-Replayed"] == "true")
            #expect(try await service.adjust(by: 6, key: "k1").status == 422)
            #expect(try await service.pieces() == [15, 0])
        }
    }

    @Test func a_key_adjusts_once_for_as_long_as_the_adjustment_is_kept() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            let first = try await service.adjust(by: 5, key: "k1")
            try await service.pass(days: 400)
            let again = try await service.adjust(by: 5, key: "k1")
            #expect(again.headers["Idempotent-Replayed"] == "true" && again.body == first.body)
            #expect(try await service.pieces() == [15, 0])
        }
    }

    @Test func a_number_that_is_too_long_is_refused_by_its_field_and_one_for_text_keeps_its_digits() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            for number in ["9400111899223045678901", "-9223372036854775809", "1e30", "5.5"] {
                let answer = try await service.send(
                    .post, "/stocks/adjustments",
                    #"{"branchId":1,"sauceId":1,"change":\#(number),"reason":"test"}"#)
                #expect(answer.status == 400 && answer.fields == ["change"], "\(number): \(answer.text)")
            }
            let answer = try await service.send(
                .post, "/stocks/adjustments",
                #"{"branchId":1,"sauceId":1,"change":1,"reason":9400111899223045678901}"#)
            #expect(try answer.json(StockAdjustment.self).reason == "9400111899223045678901", "\(answer.text)")
        }
    }

    @Test func a_refused_adjustment_leaves_its_key_free() async throws {
        try await withService(ProductService.self) { service in
            try await service.stock()
            #expect(try await service.adjust(by: -12, key: "k1").status == 409)
            _ = try await service.adjust(by: 2)
            #expect(try await service.adjust(by: -12, key: "k1").status == 201)
            #expect(try await service.pieces() == [0, 0])
        }
    }

    @Test func what_is_wrong_is_named() async throws {
        try await withService(ProductService.self) { service in
            let answer = try await service.send(
                .post, "/stocks/adjustments", #"{"branchId":0,"sauceId":0,"change":0,"reason":""}"#)
            #expect(answer.status == 400 && answer.fields == ["branchId", "sauceId", "change", "reason"])
            let unknown = try await service.adjust(sauce: 9, by: 1)
            #expect(unknown.status == 422 && unknown.fields == ["sauceId"])
        }
    }
}
