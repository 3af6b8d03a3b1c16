/// Whether a service should get traffic, and what keeps it from that: the answer of `/readyz`.
public struct Readiness: Sendable, Codable, Hashable {
    /// Something that the service cannot work without.
    public struct Dependency: Sendable, Codable, Hashable {
        /// For example `database`.
        public let name: String
        public let isReady: Bool
        /// Why it is not; `nil` if it is.
        public let reason: String?

        public init(_ name: String, failure reason: String? = nil) {
            self.name = name
            self.reason = reason
            isReady = reason == nil
        }

        private enum CodingKeys: String, CodingKey {
            case name
            case isReady = "ready"
            case reason
        }
    }
    /// `ready`, `not ready`, or where the service is in its life instead.
    public let status: String
    public let dependencies: [Dependency]

    static let ready = "ready"

    public var isReady: Bool { status == Self.ready }
    /// Each with its reason, for people to read: `database: the disk is full`.
    public var failures: [String] {
        dependencies.compactMap { dependency in dependency.reason.map { "\(dependency.name): \($0)" } }
    }

    init(_ state: ServiceState, _ dependencies: [Dependency] = []) {
        status =
            state != .ready ? state.rawValue : dependencies.allSatisfy(\.isReady) ? Self.ready : "not ready"
        self.dependencies = dependencies
    }
}
