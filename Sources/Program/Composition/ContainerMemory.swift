import Telemetry

/// The limit on memory that the process's control group has, as a container gives it.
enum ContainerMemory {
    /// The limit in bytes; `nil` if there is none. Outer groups are not read: a container cannot see them.
    static func limit(read: (String) -> String? = { ProcFile.read($0) }) -> Int? {
        let places = groups(read("/proc/self/cgroup") ?? "")
        return places.lazy.compactMap(read).compactMap { Int($0.prefix { $0.isNumber }) }
            // Without a limit, version 1 writes a number beyond all memory, and version 2 writes `max`.
            .first { $0 > 0 && $0 < 1 << 50 }
    }

    /// The files that may contain the limit, that of the process's own group first. `/proc/self/cgroup` names the group of
    /// each controller in version 1 (`9:memory:/shop`), and one for all in version 2 (`0::/shop`).
    private static func groups(_ text: String) -> [String] {
        var places: [String] = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].isEmpty {
                places.append("/sys/fs/cgroup\(parts[2])/memory.max")
            } else if parts[1].split(separator: ",").contains("memory") {
                places.append("/sys/fs/cgroup/memory\(parts[2])/memory.limit_in_bytes")
            }
        }
        // In a container whose groups have a name space of their own, the root is the container's.
        return places + ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
    }
}
