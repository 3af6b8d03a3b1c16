import Foundation
import Testing

extension EndToEnd {
    @Suite struct RaceTests {
        @Test(arguments: Style.allCases)
        func of_200_buyers_who_race_for_50_pieces_50_get_one(_ style: Style) async throws {
            let shop = try ShopUnderTest(style, ["cart": ["wait: 60s"]])
            try await shop.up()
            try await shop.stock(pieces: 50)
            var carts: [String] = []
            for number in 0..<200 { carts.append(try await shop.cart(of: try await shop.customer(number), [(1, 1)])) }

            let answers = try await withThrowingTaskGroup(of: HTTP.Answer.self) { group in
                for cart in carts { group.addTask { try await shop.checkOut(cart, key: "race-\(cart)") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let counts = Dictionary(grouping: answers, by: \.status).mapValues(\.count)
            #expect(counts == [201: 50, 409: 150])
            #expect(answers.count { $0.json["type"].string == "/problems/out-of-stock" } == 150)
            #expect(try await shop.pieces() == [0, 0])
            let charges = try await shop.charges()
            #expect(charges.count == 50)
            #expect(Set(charges.map { $0["orderId"].string }).count == 50)
            #expect(try await shop.orders().count { $0["status"].string == "PAID" } == 50)
            #expect(try await shop.booksAgree())
        }
    }
}
