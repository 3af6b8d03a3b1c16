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
