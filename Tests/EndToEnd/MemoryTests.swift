import Foundation
import Glibc
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// Memory is bounded whatever comes, and goes back to the system afterwards.
    @Suite struct MemoryTests {
        /// Time in which the process gives memory back, with some rounds to spare.
        private static let patience = Duration.seconds(60)

        /// Resident bytes, as the system counts them.
        private static func resident(_ process: Int32) throws -> Int {
            let statm = try String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)
            return (statm.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
        }

        /// Resident bytes once they have stopped to shrink.
        private static func settled(_ process: Int32) async throws -> Int {
            var (least, since) = (Int.max, ContinuousClock.now)
            try await eventually("memory stops to shrink", within: patience) {
                let bytes = try resident(process)
                if bytes < least - least / 100 { (least, since) = (bytes, .now) }
                return ContinuousClock.now - since > .seconds(12)
            }
            return least
        }

        /// An order of about 75 KB: many lines, with names as long as they may be.
        private static func order(_ number: Int) -> String {
            let name = String(repeating: "sambal ", count: 28)
            let lines = (0..<300).map { #"{"sauceId": \#($0 + 1), "name": "\#(name)", "qty": 1, "price": 1}"# }
            return """
                {"orderId": "BIG-\(number)", "cartId": "CRT-\(number)", "checkout": "choreographed", "branchId": 1, \
                "items": [\(lines.joined(separator: ","))], "currency": "KRW", "buyer": {"name": "Buyer"}, \
                "address": {"street": "Jalan 1", "city": "Jakarta", "country": "ID"}}
                """
        }

        private static func put(_ number: Int, _ shop: ShopUnderTest) async throws -> Int {
            try await HTTP.send(
                "PUT", shop.url("order", "/api/orders/BIG-\(number)"), body: Data(order(number).utf8)
            ).status
        }

        /// Lists all orders by following the links; gives the sizes of the pages.
        private static func walk(_ shop: ShopUnderTest) async throws -> (ids: Set<String>, largest: Int) {
            var next: URL? = shop.url("order", "/orders?size=1000")
            var (ids, largest) = (Set<String>(), 0)
            while let url = next {
                let page = try await HTTP.get(url)
                // Too many lists at a time: it is said, and asked again.
                if page.status == 503, page.headers["retry-after"] != nil { continue }
                guard page.status == 200 else { throw Unexpected("\(url): \(page.status) \(page.text)") }
                largest = max(largest, page.body.count)
                ids.formUnion(page.json["_embedded"]["orders"].array.compactMap { $0["id"].string })
                next = page.json["_links"]["next"]["href"].string.flatMap { URL(string: $0) }
            }
            return (ids, largest)
        }

        @Test func large_orders_and_lists_are_bounded_and_memory_goes_back() async throws {
            let shop = try ShopUnderTest(["order": ["payment: off"]], layout: .together)
            let process = try await shop.up().processes[0].processIdentifier
            // The first round shows what a running shop keeps: caches, buffers, the code that it uses.
            try await Self.load(0..<60, shop)
            let before = try await Self.settled(process)
            try await Self.load(60..<120, shop)
            let peak = try Self.resident(process)
            try await eventually("memory goes back from \(peak) to little more than \(before)", within: Self.patience) {
                try Self.resident(process) < before + before / 5
            }
        }

        /// Puts orders, then lists all of them twelve times at once.
        private static func load(_ numbers: Range<Int>, _ shop: ShopUnderTest) async throws {
            for number in numbers { #expect(try await put(number, shop) == 201) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        let (ids, largest) = try await walk(shop)
                        #expect(ids.count == numbers.upperBound)
                        // Four megabytes of documents, and what HAL puts around them.
                        #expect(largest < 6 << 20, "\(largest)")
                    }
                }
                try await group.waitForAll()
            }
        }

        @Test func bodies_that_stall_take_no_more_than_their_limit_and_give_it_back() async throws {
            let shop = try ShopUnderTest(common: ["limits:", "  maxBodies: 67108864"])
            let process = try await shop.up().processes[0].processIdentifier
            let port = try #require(shop.ports["gateway"])
            try await Self.stall(port)
            let before = try await Self.settled(process)
            try await Self.stall(port) {
                let peak = try Self.resident(process)
                #expect(peak < before + (160 << 20), "\(before) to \(peak)")
            }
            try await eventually("memory goes back to \(before)", within: Self.patience) {
                try Self.resident(process) < before + before / 5
            }
            #expect(try await shop.place().status == 201)
        }

        /// Sends most of 500 bodies of a megabyte, and looks what that has come to before the connections are closed.
        private static func stall(_ port: Int, _ look: @escaping @Sendable () throws -> Void = {}) async throws {
            try await onThread {
                let body = [UInt8](repeating: UInt8(ascii: "x"), count: 900 << 10)
                let head = Array(
                    "POST /orders HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
                        .utf8)
                let connections = (0..<500).map { _ in RawConnection(port: port) }
                for connection in connections { try? connection.send(head + body) }
                try look()
                withExtendedLifetime(connections) {}
            }
        }
    }
}
