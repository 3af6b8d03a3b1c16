import Glibc

/// The interface between a running shop and `sambal stop|start|services`.
enum ControlAPI {
    struct ServiceStatus: Codable, Sendable {
        let name: String
        let state: String
        let address: String?
        /// The unavailable dependencies, each with its reason.
        let failures: [String]
    }

    struct Services: Codable, Sendable {
        /// The machine's name, or the container's: addresses on loopback lead to these services from there only.
        let host: String?
        let services: [ServiceStatus]
    }

    static var host: String? {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// One socket per process, in the data folder, so that only its owner reaches it.
    static func folder(data: String) -> String { data + "/run" }
}
