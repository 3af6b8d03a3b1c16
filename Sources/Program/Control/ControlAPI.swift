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
        let services: [ServiceStatus]
    }

    /// One socket a process; its folder is the data folder's, so that only its owner reaches it.
    static func folder(data: String) -> String { data + "/run" }
}
