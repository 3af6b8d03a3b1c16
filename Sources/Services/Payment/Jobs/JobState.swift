import Kernel
import Storage

/// How far a job of the background has come: what it keeps across restarts.
struct JobState: Entity {
    /// The job's name.
    let id: String
    var version: Int64 = 0
    /// The last identifier that it has dealt with.
    var lastId: String?
    /// The time up to which it has dealt with everything.
    var doneUntil: Timestamp?
    var isDone: Bool?

    static let collection = Collection<JobState>("jobStates", fields: [])
}
