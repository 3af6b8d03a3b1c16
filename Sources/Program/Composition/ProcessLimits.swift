import Glibc
import HTTPServer

/// The limits that the system sets for this process, and how they are divided.
enum ProcessLimits {
    /// Descriptors reserved for databases, the log, calls to others and files.
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

    /// The number of descriptors that this process may have.
    static var descriptors: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// The default limit in bytes on all bodies: 128 MiB, and at most an eighth of the memory of a container.
    static func bodies(memory: Int? = ContainerMemory.limit()) -> Int {
        min(SharedHTTPLimits().maximumBodies, max(1 << 20, (memory ?? .max) / 8))
    }

    /// Divides the descriptors beside the reserve among the listeners: half in equal parts, half on a first-come basis.
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
