/// Where a running service is in its life.
public enum ServiceState: String, Sendable, Codable {
    case stopped, starting, ready, stopping
}
