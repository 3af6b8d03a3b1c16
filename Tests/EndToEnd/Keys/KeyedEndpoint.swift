import Foundation
import Testing

/// Where an `Idempotency-Key` is read, and a request that is right but for its key.
struct KeyedEndpoint: Sendable {
    enum Name: String, CaseIterable, Sendable {
        case orders, payments, refunds
    }
    let name: Name
    let shop: ShopUnderTest
    let port: Int
    let path: String
    /// Which differs from body to body where the same one cannot be sent with two keys.
    let body: @Sendable (Int) -> String
    /// What a request with a key that is new and right is answered.
    let right: Set<Int>
    let isRequired: Bool

    init(_ name: Name, _ shop: ShopUnderTest, payment: String) throws {
        self.name = name
        self.shop = shop
        right = [201]
        isRequired = name != .orders
        port = try #require(shop.ports[name == .orders ? "order" : "payment"])
        switch name {
        case .orders: (path, body) = ("/orders", { _ in ShopUnderTest.briefOrder })
        case .payments:
            (path, body) = ("/api/payments", { #"{"orderId": "ORD-KEY-\#($0)", "amount": 100, "currency": "KRW"}"# })
        case .refunds: (path, body) = ("/api/payments/\(payment)/refunds", { _ in #"{"amount": 1}"# })
        }
    }

    func send(_ keys: [[UInt8]], body number: Int = 0, on connection: RawConnection) throws -> RawAnswer {
        try connection.exchange(RawRequest.post(path, body(number), keys: keys))
    }

    func send(_ key: String, body number: Int = 0, on connection: RawConnection) throws -> RawAnswer {
        try send([Array(key.utf8)], body: number, on: connection)
    }
}
