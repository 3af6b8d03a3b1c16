import Kernel
import Storage

/// Which generation of a read model is read, and whether the next one is being built; stored in the service's database,
/// so that a build goes on after a crash, and in every process of the service.
struct ReadModelState: Entity {
    enum Phase: String, Codable, Sendable {
        case idle
        /// The rows of the generation before the last are removed.
        case clearing
        /// The next generation hears all events from the log's begin.
        case building
    }
    let id: String
    var version: Int64 = 0
    var generation = 0
    var phase = Phase.idle
    var startedAt: Timestamp?
    var finishedAt: Timestamp?

    static let collection = Collection<ReadModelState>(
        "readModels", fields: [.integer("generation") { Int64($0.generation) }])

    /// Those that are kept up to date now.
    var generations: [Int] { phase == .building ? [generation, generation + 1] : [generation] }

    /// The side of the generation that is being built.
    var nextSide: Int { (generation + 1) % 2 }

    /// The consumer group of a generation. Each has its own: it begins at the log's begin, with an empty inbox.
    static func group(_ service: String, generation: Int) -> String {
        generation == 0 ? service : "\(service)-\(generation)"
    }
}
