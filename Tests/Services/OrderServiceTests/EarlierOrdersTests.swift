import Contracts
import FoundationEssentials
import HTTP
import Kernel
import PlatformTestSupport
import ServiceTestSupport
import Storage
import StorageSQLite
import Testing

@testable import OrderService

/// Orders that were under way when a version came that has two states and a deadline.
@Suite struct EarlierOrdersTests {
    @Test func those_whose_payment_is_open_get_a_deadline_and_all_are_found_by_their_states() async throws {
        try await LoopKind.simulated.run { loop in
            let service = try ServiceUnderTest(OrderService.self, "paymentDeadline: 60s", on: loop)
            try await Self.store(in: service, loop)
            try await service.start()
            let shop = OrderUnderTest(service)
            shop.set("POST /api/payments/cancellations", 200, #"{"orderId":"ORD-OPEN","refundedAmount":0}"#)
            shop.set("GET /api/payments/orders/ORD-OPEN", 404, "")
            try await loop.sleep(for: .seconds(65))
            #expect(try await shop.order("ORD-OPEN").states == "PLACED PENDING NONE")
            let paid = try await service.send(.get, "/orders/search/findByPaymentStatus?paymentStatus=PAID&size=200")
            #expect(paid.text.contains(#""totalElements":150"#), "\(paid.text.suffix(200))")
            let shipped = try await service.send(
                .get, "/orders/search/findByFulfilmentStatus?fulfilmentStatus=SHIPPED")
            #expect(shipped.text.contains(#""totalElements":150"#), "\(shipped.text.suffix(200))")
            try await shop.until("the open one is given up") {
                try await shop.order("ORD-OPEN").status == "CANCELLED"
            }
            #expect(shop.calls.contains("payment GET /api/payments/orders/ORD-OPEN"))
            // Once: what is filled is not written again.
            let version = try await shop.order("ORD-1").version
            #expect(version == 2)
            try await loop.sleep(for: .seconds(130))
            #expect(try await shop.order("ORD-1").version == version)
            await service.stop()
        }
    }

    @Test func they_are_of_their_branch_and_of_no_customer() async throws {
        try await LoopKind.simulated.run { loop in
            let service = try ServiceUnderTest(OrderService.self, on: loop)
            try await Self.store(in: service, loop)
            try await service.start()
            let callers: [(Caller?, String)] = [
                (Caller(subject: "s", issuer: "shop", roles: ["seller", "branch:1"]), "151"),
                (Caller(subject: "s", issuer: "shop", roles: ["seller", "branch:2", "branch:3"]), "0"),
                (Caller(subject: "s", issuer: "shop"), "0"),
                (Caller(subject: "s", issuer: "shop", roles: ["operator"]), "151"), (nil, "151"),
            ]
            for (caller, count) in callers {
                let page = try await Caller.acting(for: caller) { try await service.send(.get, "/orders") }
                #expect(page.text.contains(#""totalElements":\#(count)"#), "\(caller as Any)")
            }
            await service.stop()
        }
    }

    /// 150 that have shipped, and one whose payment was asked for and never heard of; as the first version kept them.
    private static func store(in service: ServiceUnderTest, _ loop: any Loop) async throws {
        let before = try SQLiteDatabase(path: service.file("order.db"), loop: loop)
        try await before.migrate([OrderService.migrations[0]])
        let time = loop.now
        try await before.transaction { tx in
            for number in 0..<150 {
                try await insert("ORD-\(number)", "SHIPPED", #","paidAt":"\#(time)""#, at: time, in: tx)
            }
            try await insert("ORD-OPEN", "PLACED", "", at: time, in: tx)
        }
        await before.close()
    }

    private static func insert(
        _ id: String, _ status: String, _ more: String, at time: Timestamp, in tx: any Transaction
    ) async throws {
        let document = Data(
            (#"{"id":"\#(id)","version":1,"branchId":1,"items":[{"sauceId":1,"qty":10,"price":1000}],"sauceId":1,"#
                + #""price":1000,"qty":10,"amount":10000,"currency":"KRW","buyer":{},"paymentId":"PAY-1","#
                + #""paymentVersion":1,"deliveryVersion":0,"placedAt":"\#(time)","status":"\#(status)"\#(more)}"#).utf8)
        let order = try JSON.decode(Order.self, from: document)
        let fields = Order.collection.fields.filter { !Order.laterFields.contains($0.schema.name) }
        try await tx.insert(
            Record(id: id, version: 1, document: Array(document), fields: fields.map { $0.value(order) }),
            into: Order.firstSchema)
    }
}
