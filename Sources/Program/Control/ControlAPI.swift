import Glibc

/// What a running shop and `sambal stop|start|services` say to each other.
enum ControlAPI {
    struct ServiceStatus: Codable, Sendable {
        let name: String
        let state: String
        let address: String?
        /// Dependencies that are away, each with its reason; empty if all are there.
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

    /// One socket a process; its folder is the data folder's, so that only its owner reaches it.
    static func folder(data: String) -> String { data + "/run" }
}
