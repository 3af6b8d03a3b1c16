import Glibc

/// The system's figures about this process, under the names that every Prometheus client uses.
public enum ProcessCollector {
    /// Adds `process_resident_memory_bytes`, `process_cpu_seconds_total`, `process_open_fds` and
    /// `process_start_time_seconds`.
    public static func register(in registry: MetricsRegistry) {
        registry.collect { metrics() }
    }

    static func metrics() -> [CollectedMetric] {
        var result = [
            CollectedMetric(
                "process_cpu_seconds_total", help: "CPU time of the process, user and system.", kind: .counter,
                value: cpuSeconds())
        ]
        if let count = openDescriptors() {
            result.append(
                CollectedMetric("process_open_fds", help: "Open file descriptors.", kind: .gauge, value: Double(count)))
        }
        if let bytes = residentBytes() {
            result.append(
                CollectedMetric(
                    "process_resident_memory_bytes", help: "Resident memory.", kind: .gauge, value: Double(bytes)))
        }
        if let seconds = startSeconds() {
            result.append(
                CollectedMetric(
                    "process_start_time_seconds", help: "When the process started, in Unix seconds.", kind: .gauge,
                    value: seconds))
        }
        return result
    }

    /// User and system time, all threads.
    public static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }

    /// The second number of `/proc/self/statm` is the resident pages.
    public static func residentBytes() -> Int? {
        let fields = ProcFile.read("/proc/self/statm")?.split(separator: " ")
        guard let fields, fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * Int(getpagesize())
    }

    static func openDescriptors() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Without `.`, `..` and the descriptor of the folder itself.
        return count - 3
    }

    /// proc(5): field 22 of `stat`, in clock ticks after the boot, which `/proc/stat` gives as `btime`.
    static func startSeconds() -> Double? {
        // The second field is the name in brackets and may hold blanks: count from its end.
        guard
            let stat = ProcFile.read("/proc/self/stat"), let bracket = stat.lastIndex(of: ")"),
            let ticks = stat[stat.index(after: bracket)...].split(separator: " ").dropFirst(19).first.flatMap({
                Double($0)
            }),
            let boot = ProcFile.read("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let bootSeconds = Double(boot.dropFirst(6))
        else { return nil }
        return bootSeconds + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

/// Files of `/proc` and `/sys`, which have no size before they are read.
package enum ProcFile {
    package static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        // `/proc/stat` grows with the number of interrupts; a mebibyte is far beyond any.
        while bytes.count < 1 << 20 {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
