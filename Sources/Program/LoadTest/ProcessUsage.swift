import FoundationEssentials
import HTTP
import HTTPClient
import Kernel
import Runtime

/// The CPU and memory of the processes that run on a data folder, by their own metrics.
struct ProcessUsage: Sendable {
    /// Seconds of CPU since the process began, and bytes of memory, by the moment at which the process began.
    let processes: [String: (cpu: Double, memory: Double)]

    /// `nil` if no process on the folder answers.
    static func now(data: String, loop: EventLoop, client: HTTPClient) async -> ProcessUsage? {
        let running = (try? await ControlClient(data: data, loop: loop).services()) ?? []
        var processes: [String: (cpu: Double, memory: Double)] = [:]
        for process in running {
            guard let address = process.services.lazy.compactMap(\.address).first,
                let answer = try? await client.ask(.get, address + "/metrics")
            else { continue }
            let metrics = Self.values(in: String(decoding: answer.body, as: UTF8.self))
            guard let start = metrics["process_start_time_seconds"], let cpu = metrics["process_cpu_seconds_total"],
                let memory = metrics["process_resident_memory_bytes"]
            else { continue }
            processes["\(process.socket) \(start)"] = (cpu, memory)
        }
        return processes.isEmpty ? nil : ProcessUsage(processes: processes)
    }

    /// Returns the use since an earlier moment. A process that began since then counts from its beginning.
    func since(_ earlier: ProcessUsage) -> LoadReport.Usage {
        let cpu = processes.reduce(0) { $0 + $1.value.cpu - (earlier.processes[$1.key]?.cpu ?? 0) }
        return LoadReport.Usage(cpu: cpu, memory: processes.values.reduce(0) { $0 + $1.memory })
    }

    /// The process's own metrics, which have no labels.
    private static func values(in metrics: String) -> [String: Double] {
        var values: [String: Double] = [:]
        for line in metrics.split(separator: "\n") where line.hasPrefix("process_") {
            let parts = line.split(separator: " ")
            if parts.count == 2 { values[String(parts[0])] = Double(parts[1]) }
        }
        return values
    }
}
