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
        let services: [ServiceStatus]
    }

    /// One socket per process, in the data folder, so that only its owner reaches it.
    static func folder(data: String) -> String { data + "/run" }
}
