/// Where configuration comes from besides the file and the environment.
enum ConfigurationPlace {
    /// Names a directory with one file a setting, as Kubernetes mounts a ConfigMap: `order.port` holds `8084`.
    static let directory = "SAMBAL_CONFIG_DIR"
}
