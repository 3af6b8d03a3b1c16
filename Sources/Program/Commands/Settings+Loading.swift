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
                file: string("config"), directory: ConfigurationSource.processEnvironment[ConfigurationPlace.directory])
        )
    }

    var data: String { string("data") ?? "data" }
}
