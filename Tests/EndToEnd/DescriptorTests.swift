import Foundation
import Glibc
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// A process that may have few descriptors.
    @Suite struct DescriptorTests {
        @Test(arguments: [256, 512])
        func more_connections_than_descriptors_leave_the_shop_alive(limit: Int) async throws {
            let shop = try ShopUnderTest(layout: .together)
            let running = try await shop.up()
            let set = try await CommandResult.run(
                URL(filePath: "/usr/bin/prlimit"),
                ["--pid", "\(running.processes[0].processIdentifier)", "--nofile=\(limit):\(limit)"])
            #expect(set.status == 0, "\(set.output)")
            let port = try #require(shop.ports["gateway"])
            for _ in 0..<2 {
                // The crowd is larger than all that the process may have open; what is not accepted waits in the kernel.
                let crowd = (0..<limit + 150).map { _ in Self.connect(to: port) }
                #expect(crowd.filter { $0 >= 0 }.count == limit + 150)
                for descriptor in crowd where descriptor >= 0 { close(descriptor) }
                try await eventually("the gateway answers again") {
                    try await HTTP.get(shop.url("gateway", "/livez")).status == 200
                }
            }
            #expect(running.processes[0].isRunning)
            let order = try await shop.place(#"{"branchId": 1, "sauceId": 1, "qty": 1, "price": 1}"#)
            #expect(order.status == 201 || order.status == 202, "\(order.text)")
            #expect(shop.log.contains("connections wait"))
        }

        private static func connect(to port: Int) -> Int32 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(port).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if result == 0 || errno == EINPROGRESS { return descriptor }
            close(descriptor)
            return -1
        }
    }
}
