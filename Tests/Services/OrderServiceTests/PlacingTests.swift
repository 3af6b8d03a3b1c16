import Contracts
import HTTP
import Kernel
import Messaging
import OrderService
import ServiceTestSupport
import Testing

/// What `POST /orders` takes, in either form.
@Suite struct PlacingTests {
    @Test func one_line_by_itself_may_come_as_text() async throws {
        try await OrderUnderTest.run { shop in
            let answer = try await shop.place(#"{"branchId":"1","sauceId":"1","qty":"10","price":"10000"}"#)
            #expect(answer.status == 201, "\(answer.text)")
            let order = try answer.json(Answer.self)
            #expect(order.amount == 100_000 && order.sauceId == 1 && order.items.count == 1)
        }
    }

    @Test(arguments: [
        #"{"branchId":1,"items":[{"sauceId":1,"qty":2,"price":10},{"sauceId":2,"qty":"3","price":"5","name":"Ijo"}]}"#,
        #"{"branchId":1,"items":[{"productId":1,"quantity":2,"price":10},{"productId":2,"quantity":3,"price":5}]}"#,
        #"{"branchId":1,"items":[{"sauceId":1,"productId":1,"qty":2,"price":10},{"sauceId":2,"qty":3,"price":5}]}"#,
    ])
    func several_lines_are_one_order_and_one_payment(_ body: String) async throws {
        try await OrderUnderTest.run { shop in
            let answer = try await shop.place(body)
            #expect(answer.status == 201, "\(answer.text)")
            let order = try answer.json(Answer.self)
            #expect(order.amount == 35 && order.qty == 5 && order.sauceId == nil && order.items.count == 2)
            #expect(shop.calls == ["payment POST /api/payments"])
        }
    }

    @Test(arguments: [
        ("{}", ["branchId", "sauceId", "qty", "price"]),
        (#"{"branchId":"x","sauceId":1.5,"qty":[],"price":"y"}"#, ["branchId", "sauceId", "qty", "price"]),
        (#"{"branchId":1,"sauceId":"x"}"#, ["sauceId", "qty", "price"]),
        (#"{"branchId":1,"items":[]}"#, ["items"]),
        (#"{"branchId":1,"items":3}"#, ["items"]),
        (
            #"{"items":[{"sauceId":1,"qty":1,"price":1},{}]}"#,
            ["branchId", "items[1].sauceId", "items[1].qty", "items[1].price"]
        ),
        (#"{"branchId":1,"items":[{"sauceId":1,"qty":"many","price":0}]}"#, ["items[0].qty", "items[0].price"]),
        (#"{"branchId":1,"items":[{"sauceId":1,"productId":2,"qty":1,"price":1}]}"#, ["items[0].productId"]),
        (#"{"branchId":1,"sauceId":1,"qty":1,"price":1,"items":[{"sauceId":1,"qty":1,"price":1}]}"#, ["items"]),
        (#"{"branchId":1,"items":[{"sauceId":1,"qty":1,"price":1,"name":"a\nb"}]}"#, ["items[0].name"]),
        (
            #"{"branchId":1,"sauceId":1,"qty":1,"price":1,"email":"x","phone":"y","language":"z","currency":"w"}"#,
            ["currency", "language", "email", "phone"]
        ),
    ])
    func everything_that_is_wrong_or_missing_is_named_at_once(_ body: String, _ fields: [String]) async throws {
        try await OrderUnderTest.run { shop in
            let answer = try await shop.place(body)
            #expect(answer.status == 400)
            #expect(Set(answer.fields) == Set(fields) && answer.fields.count == fields.count, "\(answer.text)")
        }
    }

    @Test(arguments: [#"\n"#, #"\r\n"#, #"\u0085"#, #"\u2028"#, #"\u2029"#, #"\u0000"#])
    func a_reason_and_a_name_are_one_line(_ lineBreak: String) async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            let reason = try await shop.service.send(
                .post, "/orders/\(id)/cancel", #"{"reason":"late\#(lineBreak)Amount: 0"}"#)
            #expect(reason.status == 400 && reason.fields == ["reason"], "\(reason.text)")
            let name = try await shop.place(
                #"{"branchId":1,"items":[{"sauceId":1,"qty":1,"price":1,"name":"a\#(lineBreak)b"}]}"#)
            #expect(name.status == 400 && name.fields == ["items[0].name"], "\(name.text)")
            #expect(try await shop.order(id).status == "PAID")
        }
    }

    @Test func a_language_that_the_shop_does_not_speak_names_those_that_it_does() async throws {
        try await OrderUnderTest.run { shop in
            let answer = try await shop.place(#"{"branchId":1,"sauceId":1,"qty":1,"price":1,"language":"tlh"}"#)
            #expect(answer.problem?.errors.first?.message == "must be one of en, id, ko", "\(answer.text)")
        }
    }

    @Test func as_given_is_the_default_and_asks_nobody() async throws {
        try await OrderUnderTest.run { shop in
            shop.prices(4500)
            let answer = try await shop.place()
            #expect(answer.status == 201, "\(answer.text)")
            #expect(!shop.calls.contains { $0.hasPrefix("product") })
        }
    }

    @Test func by_the_catalogue_another_price_is_refused_line_by_line() async throws {
        try await OrderUnderTest.run("prices: catalogue") { shop in
            shop.prices(1000)
            #expect(try await shop.place().status == 201)
            shop.prices(4500)
            let cheap = try await shop.place()
            #expect(cheap.status == 409 && cheap.problem?.type == ProductAPI.priceChanged, "\(cheap.text)")
            #expect(cheap.problem?.errors == [.init(field: "price", message: "is 4500, not 1000")])
            let lines = try await shop.place(
                #"{"branchId":1,"items":[{"sauceId":1,"qty":1,"price":4500},{"sauceId":1,"qty":1,"price":1}]}"#)
            #expect(lines.fields == ["items[1].price"], "\(lines.text)")
            let other = try await shop.place(
                #"{"branchId":1,"sauceId":1,"qty":1,"price":4500,"currency":"IDR"}"#)
            #expect(other.status == 409 && other.fields == ["price"], "\(other.text)")
            #expect(shop.calls.filter { $0 == "payment POST /api/payments" }.count == 1)
        }
    }

    @Test func what_product_does_not_know_there_has_the_price_that_was_given() async throws {
        try await OrderUnderTest.run("prices: catalogue") { shop in
            shop.set("GET /prices", 200, #"{"branchId":1,"prices":[]}"#)
            let answer = try await shop.place()
            #expect(answer.status == 201, "\(answer.text)")
        }
    }

    @Test func nothing_is_charged_at_a_price_that_could_not_be_checked() async throws {
        try await OrderUnderTest.run("prices: catalogue") { shop in
            let answer = try await shop.place(key: "K-1")
            #expect(answer.status == 503 && answer.headers["Retry-After"] != nil, "\(answer.text)")
            #expect(answer.problem?.dependency == "product")
            shop.prices(1000)
            let again = try await shop.place(key: "K-1")
            #expect(again.status == 201, "\(again.text)")
        }
    }

    @Test func a_repetition_is_answered_as_it_was_whatever_the_prices_are_now() async throws {
        try await OrderUnderTest.run("prices: catalogue") { shop in
            shop.prices(1000)
            let first = try await shop.place(key: "K-1")
            shop.prices(2000)
            let again = try await shop.place(key: "K-1")
            #expect(again.status == 201 && again.body == first.body)
            #expect(again.headers["ETag"] == first.headers["ETag"] && first.headers["ETag"] != nil)
        }
    }

    @Test func a_rejected_order_is_tried_again_as_another_one() async throws {
        try await OrderUnderTest.run { shop in
            for _ in 0..<3 {
                shop.problem("POST /api/payments", 503, PaymentAPI.notStarted)
                let answer = try await shop.place(key: "K-1")
                #expect(answer.status == 503 && answer.problem?.dependency == "payment")
            }
            shop.set("POST /api/payments", 201, OrderUnderTest.receipt("PENDING"))
            let placed = try await shop.place(key: "K-1")
            #expect(placed.status == 201, "\(placed.text)")
            try await shop.service.settle()
            let told = try shop.service.published(OrderPlaced.self).map(\.order.orderId)
            #expect(told.count == 4 && Set(told).count == 4)
            // Of one order, a later event has a higher number.
            var last: [String: Int64] = [:]
            for event in shop.service.log.events where event.source == "/order" {
                #expect(event.sequence > last[event.subject] ?? 0, "\(event.type) of \(event.subject)")
                last[event.subject] = event.sequence
            }
        }
    }

    @Test func a_stale_version_is_refused_by_every_command() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            let version = try await shop.order(id).version
            for path in ["cancel", "refunds"] {
                let stale = try await shop.service.send(
                    .post, "/orders/\(id)/\(path)", "",
                    headers: ["If-Match": "\"\(version - 1)\"", "Idempotency-Key": path])
                #expect(stale.status == 412, "\(path): \(stale.text)")
            }
            #expect(try await shop.order(id).status == "PAID")
            let answer = try await shop.service.send(
                .post, "/orders/\(id)/cancel", "", headers: ["If-Match": "\"\(version)\""])
            #expect(answer.status == 202, "\(answer.text)")
        }
    }

    private struct Answer: Decodable {
        let amount, qty: Int64
        let sauceId: Int64?
        let items: [OrderItem]
    }
}

extension OrderUnderTest {
    /// Of sauce 1 at branch 1.
    func prices(_ price: Int64) {
        set(
            "GET /prices", 200,
            #"{"branchId":1,"prices":[{"sauceId":1,"name":"Oelek","price":\#(price),"currency":"KRW","isActive":true}]}"#
        )
    }
}
