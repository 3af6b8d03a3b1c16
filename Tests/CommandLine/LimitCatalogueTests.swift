import HTTPServer
import Testing

@testable import SambalProgram

@Suite struct LimitCatalogueTests {
    @Test(arguments: [64, 256, 1024, 20_000, 1 << 20])
    func connections_leave_descriptors_for_everything_else(descriptors: Int) {
        let shared = ProcessLimits.sharedHTTPLimits(listeners: 12, bodies: 1, descriptors: descriptors)
        let most = shared.maximumConnections + 12 * shared.reservedConnections
        #expect(most <= max(descriptors - min(256, descriptors / 2), 40))
        #expect(shared.maximumConnections >= 8 && shared.reservedConnections >= 2)
    }

    @Test(arguments: [
        ("0::/shop\n", ["/sys/fs/cgroup/shop/memory.max": "268435456\n"], 256 << 20),
        ("0::/shop\n", ["/sys/fs/cgroup/shop/memory.max": "max\n"], nil),
        ("0::/\n", ["/sys/fs/cgroup//memory.max": "1073741824\n"], 1 << 30),
        (
            "9:cpu,cpuacct:/a\n4:memory:/b\n",
            ["/sys/fs/cgroup/memory/b/memory.limit_in_bytes": "402653184\n"], 384 << 20
        ),
        ("4:memory:/b\n", ["/sys/fs/cgroup/memory/b/memory.limit_in_bytes": "9223372036854771712\n"], nil),
        ("", [:], nil), ("nonsense", [:], nil),
    ])
    func a_container_tells_its_memory(groups: String, files: [String: String], limit: Int?) {
        #expect(ContainerMemory.limit { $0 == "/proc/self/cgroup" ? groups : files[$0] } == limit)
    }

    @Test func bodies_are_an_eighth_of_little_memory() {
        #expect(ProcessLimits.bodies(memory: nil) == 128 << 20)
        #expect(ProcessLimits.bodies(memory: 8 << 30) == 128 << 20)
        #expect(ProcessLimits.bodies(memory: 256 << 20) == 32 << 20)
        #expect(ProcessLimits.bodies(memory: 1) == 1 << 20)
    }
}
