import Contracts
import HTTP
import Kernel
import PlatformTestSupport
import ServiceTestSupport
import Testing

@testable import ProductService

/// Whatever is done in whatever order: what came is there or sold, and nothing is kept that nobody reserved.
@Suite struct StockConservationTests {
    @Test(arguments: UInt64(1)...6)
    func pieces_are_conserved(seed: UInt64) async throws {
        try await withService(ProductService.self, "reservationExpiry: 2m\nexpiryInterval: 1s", seed: seed) { service in
            try await service.stock(3, pieces: 20)
            var book = Book(came: [1: 20, 2: 20, 3: 20])
            var random = SeededRandom(seed: seed)
            for _ in 0..<100 {
                try await book.step(with: &random, on: service)
                try await book.check(service)
            }
            // All kinds of outcome occurred, or the histories are not worth their name.
            #expect(Set(book.reserved.values.flatMap { [$0.status] }).count >= 3)
        }
    }
}

/// What a careful keeper of books would have written down.
private struct Book {
    struct Entry {
        var lines: [(Int, Int)]
        var status: StockReservation.Status
    }
    var came: [Int: Int64]
    var reserved: [String: Entry] = [:]

    mutating func step(with random: inout SeededRandom, on service: ServiceUnderTest) async throws {
        let id = "ORD-\(Int.random(in: 0..<40, using: &random))"
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4:
            let lines = (1...3).shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
                .map { ($0, Int.random(in: 1...6, using: &random)) }
            if try await service.reserve(id, lines).status == 201 {
                reserved[id] = Entry(lines: lines, status: .reserved)
            }
        case 4..<6: _ = try await service.commit(id)
        case 6..<8: _ = try await service.release(id)
        case 8:
            let sauce = Int.random(in: 1...3, using: &random)
            let change = Int64.random(in: -5...8, using: &random)
            if change != 0, try await service.adjust(sauce: sauce, by: change).status == 201 {
                came[sauce, default: 0] += change
            }
        default: try await service.loop.sleep(for: .seconds(Int.random(in: 1...40, using: &random)))
        }
    }

    mutating func check(_ service: ServiceUnderTest) async throws {
        let page = try await service.send(.get, "/reservations?size=100").json(ReservationPage.self)
        for reservation in page._embedded.reservations { reserved[reservation.id]?.status = reservation.status }
        for sauce in 1...3 {
            let pieces = try await service.pieces(sauce)
            #expect(pieces[0] == came[sauce, default: 0] - count(sauce, .committed))
            #expect(pieces[1] == count(sauce, .reserved))
        }
    }

    private func count(_ sauce: Int, _ status: StockReservation.Status) -> Int64 {
        reserved.values.filter { $0.status == status }.flatMap(\.lines).filter { $0.0 == sauce }
            .reduce(0) { $0 + Int64($1.1) }
    }
}

private struct ReservationPage: Decodable {
    struct Embedded: Decodable {
        let reservations: [Item]
    }
    struct Item: Decodable {
        let id: String
        let status: StockReservation.Status
    }
    let _embedded: Embedded
}
