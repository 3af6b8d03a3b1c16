import CPostgreSQL
import Storage

/// What the server, or the way to it, answered in place of a result.
struct ServerError: Error {
    /// SQLSTATE; empty where the connection was lost.
    let state: String
    let message: String

    static func lost(_ message: String) -> ServerError { ServerError(state: "", message: message) }

    /// Somebody else came first: the same again may succeed. A unique index is met so only where a look at it just before
    /// saw nothing.
    var isConflict: Bool { ["40001", "40P01", "23505"].contains(state) }

    /// The connection is gone, or the server is about to end it.
    var isLost: Bool { state.isEmpty || state.hasPrefix("57P") || state.hasPrefix("08") }

    /// In the words of `Storage`. `place` names the database.
    func storageError(at place: String) -> StorageError {
        let text = "\(place): \(message)"
        return switch state {
        case "54000": StorageError(.invalidQuery, "a value is too long for its index")
        case "22021", "22P05": StorageError(.invalidQuery, "a text has a character that the database cannot store")
        case "", "57014", "55P03", "25006": StorageError(.unavailable, text)
        case _ where ["08", "53", "57", "58", "40"].contains(state.prefix(2)): StorageError(.unavailable, text)
        default: StorageError(.internalFailure, text)
        }
    }
}
