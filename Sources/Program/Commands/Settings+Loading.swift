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

/// Environment variables that are no settings: the places of settings and data.
enum ConfigurationPlace {
    /// The variable that names a directory as Kubernetes mounts a ConfigMap: `*.yaml` files, and files with one setting each
    /// (`order.port` holds `8084`).
    static let directory = "SAMBAL_CONFIG_DIR"
    /// Names the data folder if `--data` does not.
    static let data = "SAMBAL_DATA"
    /// Names the format of the log. Unlike the other two a setting, which counts before all settings are read, too.
    static let logFormat = "SAMBAL_LOG_FORMAT"

    static let variables: Set<String> = [directory, data]
}
