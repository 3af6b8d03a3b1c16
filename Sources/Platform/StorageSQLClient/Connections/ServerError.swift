package import Storage

/// An error of a server, or of the way to it.
package struct ServerError: Error, CustomStringConvertible {
    package var description: String { message }

    package enum Kind: Sendable, Hashable {
        /// The connection is gone, or the server is about to end it.
        case lost
        /// Somebody else came first: the same again may succeed.
        case conflict
        /// Something is there that was taken for new, or is not as it was taken to be: the same may succeed where it is
        /// looked at anew.
        case unexpected
        /// Somebody else was waited for too long: the same again may succeed, or take as long again.
        case delayed
        /// It did not answer in time, and was given up with its connection: the same again would take as long.
        case silent
        /// Only the statement failed; the transaction goes on.
        case taken(field: String)
        /// A repetition would fail again.
        case refused(StorageError.Code)
    }
    package let kind: Kind
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package static func notDurable(_ message: String) -> ServerError { ServerError(.refused(.notDurable), message) }

    package static func lost(_ message: String) -> ServerError { ServerError(.lost, message) }

    /// Whether the transaction closure has to run again from its beginning.
    var needsRepetition: Bool {
        switch kind {
        case .lost, .conflict, .unexpected, .delayed: true
        case .silent, .taken, .refused: false
        }
    }

    /// Whether somebody else came first.
    var isConflict: Bool { kind == .conflict || kind == .unexpected }

    /// Whether it may be due to what was written without asking.
    var mayBeAssumption: Bool {
        switch kind {
        case .unexpected, .refused(.invalidQuery), .refused(.internalFailure): true
        default: false
        }
    }

    /// In the words of `Storage`. `place` names the database.
    package func storageError(at place: String) -> StorageError {
        switch kind {
        case .lost, .conflict, .unexpected, .delayed, .silent: StorageError(.unavailable, "\(place): \(message)")
        case .taken(let field): StorageError(.duplicate(field: field), "\(field) is taken")
        case .refused(.invalidQuery): StorageError(.invalidQuery, message)
        case .refused(let code): StorageError(code, "\(place): \(message)")
        }
    }
}
