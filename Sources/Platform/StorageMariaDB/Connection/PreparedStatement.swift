import CMariaDB
import StorageServer

/// A statement that the server knows. It may outlive its connection: then only its memory is left to be freed.
final class PreparedStatement {
    let handle: UnsafeMutablePointer<MYSQL_STMT>

    init?(_ connection: UnsafeMutablePointer<MYSQL>) {
        guard let handle = mysql_stmt_init(connection) else { return nil }
        self.handle = handle
        var yes: my_bool = 1
        mysql_stmt_attr_set(handle, STMT_ATTR_UPDATE_MAX_LENGTH, &yes)
    }

    /// What it tells the server on its way has no answer.
    deinit { mysql_stmt_close(handle) }

    var error: ServerError {
        ServerError(code: mysql_stmt_errno(handle), message: String(cString: mysql_stmt_error(handle)))
    }

    /// The values must stay until it was executed.
    func bind(_ values: StatementValues) -> Bool { mysql_stmt_bind_param(handle, values.binds) == 0 }

    /// The rows, which are here already; `nil` where they cannot be read.
    func rows() -> Rows? {
        guard let metadata = mysql_stmt_result_metadata(handle) else { return nil }
        defer {
            mysql_free_result(metadata)
            mysql_stmt_free_result(handle)
        }
        let row = RowBuffer(metadata)
        guard mysql_stmt_bind_result(handle, row.binds) == 0 else { return nil }
        var rows: [[SQLValue]] = []
        while true {
            switch mysql_stmt_fetch(handle) {
            case 0: rows.append(row.values)
            case MYSQL_NO_DATA: return Rows(rows)
            default: return nil
            }
        }
    }
}
