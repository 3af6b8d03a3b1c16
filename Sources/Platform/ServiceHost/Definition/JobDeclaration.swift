/// Background work as a service declares it: a job on rows whose time has come, or a loop of its own.
public struct JobDeclaration<Owner: Sendable>: Sendable {
    /// The name in logs and metrics, for example `settle payments`.
    public let name: String
    /// Returns the work; `nil` if the settings do without.
    private let make: @Sendable (Owner) -> ServiceParts.Background?

    private init(_ name: String, _ make: @escaping @Sendable (Owner) -> ServiceParts.Background?) {
        self.name = name
        self.make = make
    }

    /// A job, which has the same name; `nil` if the settings do without.
    public static func job<Row>(
        _ name: String, _ job: @escaping @Sendable (Owner) -> Job<Row>?
    ) -> JobDeclaration {
        JobDeclaration(name) { job($0)?.background }
    }

    /// Work that runs as long as the service and finds by itself what there is to do.
    public static func loop(
        _ name: String, _ run: @escaping @Sendable (Owner) async throws -> Void
    ) -> JobDeclaration {
        JobDeclaration(name) { owner in .init(name) { try await run(owner) } }
    }

    func bound(to owner: Owner) throws -> ServiceParts.Background? {
        guard let background = make(owner) else { return nil }
        guard background.name == name else {
            throw ServiceEnvironmentError(
                message: "the job \(name) is declared, and its part is the job \(background.name)")
        }
        return background
    }
}
