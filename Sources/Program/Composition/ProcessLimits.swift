import Glibc
import HTTPServer

/// What the system allows this process, and what is made of it.
enum ProcessLimits {
    /// Descriptors kept for databases, the log, calls to others and files.
    private static let reservedDescriptors = 256

    /// Raises the soft limit of descriptors to what the system allows, and leaves no core file: it would hold secrets and
    /// customers' data.
    nonisolated static func prepare() {
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
        var limit = rlimit()
        let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(descriptors, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = min(limit.rlim_max, 1 << 20)
        setrlimit(descriptors, &limit)
    }

    /// Descriptors that this process may have.
    static var descriptors: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Bytes that bodies may take together by default: 128 MiB, and where a container has a limit on memory, no more than an
    /// eighth of that.
    static func bodies(memory: Int? = ContainerMemory.limit()) -> Int {
        min(SharedHTTPLimits().maximumBodies, max(1 << 20, (memory ?? .max) / 8))
    }

    /// Shares what is left beside the reserve among the listeners: half to each alike, half to whoever comes first.
    static func sharedHTTPLimits(
        listeners: Int, bodies: Int, descriptors: Int = ProcessLimits.descriptors
    ) -> SharedHTTPLimits {
        let free = max(descriptors - min(reservedDescriptors, descriptors / 2), 16)
        let total = min(free, 16_384)
        return SharedHTTPLimits(
            maximumConnections: max(total / 2, 8), reservedConnections: max(total / 2 / max(listeners, 1), 2),
            maximumBodies: bodies)
    }
}
