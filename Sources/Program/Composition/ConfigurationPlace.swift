/// The source of configuration beside the file and the environment variables of settings.
enum ConfigurationPlace {
    /// The variable that names a directory with one file per setting, as Kubernetes mounts a ConfigMap: `order.port` holds `8084`.
    static let directory = "SAMBAL_CONFIG_DIR"
}
