import CSQLite
import Glibc
package import Storage

/// SQLite's extended codes are expressions that Swift does not import.
private let uniqueViolation = SQLITE_CONSTRAINT | (8 << 8)
private let primaryKeyViolation = SQLITE_CONSTRAINT | (6 << 8)
private let failedWrite = SQLITE_IOERR | (3 << 8)

extension Connection {
    /// Translates the error that SQLite last reported on this connection into one of `Storage`.
    package func error(_ result: CInt) -> StorageError {
        let message = String(cString: sqlite3_errmsg(handle))
        switch result & 0xFF {
        case SQLITE_CONSTRAINT where result == uniqueViolation || result == primaryKeyViolation:
            // "UNIQUE constraint failed: orders.email"
            let field = message.split(separator: ".").last.map(String.init) ?? "id"
            return StorageError(.duplicate(field: field), "\(field) is taken")
        case SQLITE_FULL: return .full(path, message)
        case SQLITE_IOERR, SQLITE_BUSY, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_CANTOPEN, SQLITE_READONLY:
            return StorageError(.unavailable, "\(path): \(message)")
        case SQLITE_INTERRUPT: return StorageError(.tooSlow, "\(path): the query was broken off")
        case SQLITE_NOTADB:
            return StorageError(.internalFailure, "\(path) is not a SQLite database")
        case SQLITE_CORRUPT:
            return .damaged(path, message)
        default:
            return StorageError(.internalFailure, "\(path): \(message)")
        }
    }

    /// The error of a commit that failed. Where its pages could not be written, the log has no commit in it. Where they
    /// were written and then not flushed, or not entered in the log's index, a recovery may find the commit.
    func commitFailure(_ error: StorageError) -> StorageError {
        let code = sqlite3_extended_errcode(handle)
        let isUnknown = code & 0xFF == SQLITE_NOMEM || (code & 0xFF == SQLITE_IOERR && code != failedWrite)
        return isUnknown ? .lostCommit(at: path, String(cString: sqlite3_errmsg(handle))) : error
    }

    /// The error of a transaction that SQLite ended by itself: nothing was stored.
    var lostTransaction: StorageError {
        let code = sqlite3_errcode(handle)
        guard code == SQLITE_FULL || code == SQLITE_IOERR else {
            return StorageError(.unavailable, "\(path): the disk is full or failed; nothing was stored")
        }
        return error(code)
    }

    /// Why the file could not be opened: SQLite says only "unable to open database file".
    static func openError(_ path: String, _ result: CInt) -> StorageError {
        var status = stat()
        let isFolder = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let reason =
            if result & 0xFF == SQLITE_NOTADB {
                "it is not a SQLite database"
            } else if isFolder {
                "it is a folder, not a file"
            } else if access(directory.isEmpty ? "/" : directory, F_OK) != 0 {
                "its directory does not exist"
            } else if access(directory.isEmpty ? "/" : directory, W_OK) != 0 {
                "its directory is not writable"
            } else if access(path, F_OK) == 0, access(path, R_OK | W_OK) != 0 {
                "it is not readable and writable"
            } else {
                String(cString: sqlite3_errstr(result))
            }
        let isDamaged = result & 0xFF == SQLITE_NOTADB || result & 0xFF == SQLITE_CORRUPT
        return StorageError(isDamaged ? .internalFailure : .unavailable, "cannot open \(path): \(reason)")
    }
}
