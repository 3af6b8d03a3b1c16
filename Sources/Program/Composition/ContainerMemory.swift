import Telemetry

/// The limit on memory that the process's control group has, as a container gives it.
enum ContainerMemory {
    /// Bytes; `nil` where there is none. The groups around it are not looked at: in a container they cannot be seen.
    static func limit(read: (String) -> String? = { ProcFile.read($0) }) -> Int? {
        let places = groups(read("/proc/self/cgroup") ?? "")
        return places.lazy.compactMap(read).compactMap { Int($0.prefix { $0.isNumber }) }
            // The old version writes a number beyond all memory where there is no limit; the new one writes `max`.
            .first { $0 > 0 && $0 < 1 << 50 }
    }

    /// Files that may tell, the process's own group first. `/proc/self/cgroup` names the group of each controller in the
    /// old version (`9:memory:/shop`), and one for all in the new (`0::/shop`).
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
