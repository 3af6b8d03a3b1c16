import Contracts
import HTTP
import PlatformTestSupport
import ServiceTestSupport
import Testing

@testable import ProductService

@Suite struct ConcurrencyTests {
    @Test(arguments: LoopKind.allCases)
    func of_200_who_want_one_of_50_pieces_50_get_one(kind: LoopKind) async throws {
        try await withService(ProductService.self, on: kind) { service in
            try await service.stock(pieces: 50)
            let statuses = try await all(200) { try await service.reserve("ORD-\($0)", [(1, 1)]).status }
            #expect(statuses.filter { $0 == 201 }.count == 50)
            #expect(statuses.filter { $0 == 409 }.count == 150)
            #expect(try await service.pieces() == [50, 50])
        }
    }

    @Test func the_same_reservation_asked_for_many_times_at_once_is_made_once() async throws {
        try await withService(ProductService.self, on: .threads) { service in
            try await service.stock(2)
            let statuses = try await all(50) { _ in try await service.reserve("ORD-1", [(1, 2), (2, 3)]).status }
            #expect(statuses.sorted() == Array(repeating: 200, count: 49) + [201])
            #expect(try await service.pieces(1) == [10, 2])
            #expect(try await service.pieces(2) == [10, 3])
        }
    }

    @Test func of_a_commit_and_a_release_at_once_stock_is_not_lost() async throws {
        try await withService(ProductService.self, on: .threads) { service in
            try await service.stock(pieces: 20)
            for number in 0..<20 { _ = try await service.reserve("ORD-\(number)", [(1, 1)]) }
            _ = try await all(80) { number in
                let id = "ORD-\(number % 20)"
                return try await number < 40 ? service.commit(id).status : service.release(id).status
            }
            #expect(try await service.pieces() == [20, 0])
        }
    }

    /// The outcomes of so many at once.
    private func all(
        _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Int
    ) async throws -> [Int] {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<count { group.addTask { try await body(number) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
