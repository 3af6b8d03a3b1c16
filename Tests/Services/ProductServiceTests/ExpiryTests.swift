import Contracts
import HTTP
import Kernel
import ServiceTestSupport
import Testing

@testable import ProductService

@Suite struct ExpiryTests {
    @Test func stock_goes_back_when_nobody_pays() async throws {
        try await withService(ProductService.self, "reservationExpiry: 10m") { service in
            try await service.stock()
            _ = try await service.reserve("ORD-1", [(1, 4)])
            _ = try await service.reserve("ORD-2", [(1, 3)], expiresAfter: 3600)
            _ = try await service.reserve("ORD-3", [(1, 2)])
            _ = try await service.commit("ORD-3")
            try await service.loop.sleep(for: .seconds(590))
            #expect(try await service.pieces() == [8, 7])
            try await service.loop.sleep(for: .seconds(20))
            #expect(try await service.pieces() == [8, 3])
            #expect(try await service.status("ORD-1") == .expired)
            #expect(try await service.status("ORD-3") == .committed)
            try await service.loop.sleep(for: .seconds(3600))
            #expect(try await service.pieces() == [8, 0])
        }
    }

    @Test func more_than_a_batch_expires_at_once() async throws {
        try await withService(ProductService.self, "reservationExpiry: 1m") { service in
            let count = 120
            try await service.stock(pieces: Int64(count))
            for number in 0..<count { _ = try await service.reserve("ORD-\(number)", [(1, 1)]) }
            #expect(try await service.pieces()[1] == Int64(count))
            try await service.loop.sleep(for: .seconds(70))
            #expect(try await service.pieces() == [Int64(count), 0])
        }
    }

    @Test func who_pays_late_gets_what_is_left() async throws {
        try await withService(ProductService.self, "reservationExpiry: 1m") { service in
            try await service.stock()
            _ = try await service.reserve("ORD-1", [(1, 6)])
            _ = try await service.reserve("ORD-2", [(1, 4)])
            try await service.loop.sleep(for: .seconds(70))
            _ = try await service.reserve("ORD-3", [(1, 5)])
            let gone = try await service.commit("ORD-1")
            #expect(gone.status == 409 && gone.problemType == ProductAPI.outOfStock)
            #expect(try await service.commit("ORD-2").status == 200)
            #expect(try await service.pieces() == [6, 5])
            #expect(try await service.status("ORD-1") == .expired)
            #expect(try await service.release("ORD-1").status == 200)
            #expect(try await service.pieces() == [6, 5])
        }
    }
}
