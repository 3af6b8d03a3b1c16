import Configuration

extension Arguments {
    /// The configuration that the options and the environment name, checked whole.
    func settings(
        data: String, transport: ShopSettings.TransportKind, running: [String] = []
    ) throws -> ShopSettings {
        try ShopSettings(reader(), data: data, defaultTransport: transport, running: running)
    }

    func reader() throws -> ConfigurationReader {
        ConfigurationReader(
            try .load(
                file: string("config"), profiles: profiles,
                directory: ConfigurationSource.processEnvironment[ConfigurationPlace.directory])
        )
    }

    /// The profiles of the option, else of the variable that Spring Boot reads.
    private var profiles: [String] {
        let text = string("profile") ?? ConfigurationSource.processEnvironment["SPRING_PROFILES_ACTIVE"] ?? ""
        return text.split(separator: ",").map(String.init)
    }

    var data: String {
        if let given = string("data") { return given }
        let variable = ConfigurationSource.processEnvironment[ConfigurationPlace.data] ?? ""
        return variable.isEmpty ? "data" : variable
    }
}
