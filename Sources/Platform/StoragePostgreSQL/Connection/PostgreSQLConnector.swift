import CPostgreSQL
import Runtime
import Storage
import StorageSQLClient

/// A connection that is there and set up, on its way to its owner.
struct Established: @unchecked Sendable {  // handed over once
    let handle: OpaquePointer
    /// In microseconds.
    let serverStart: Int64
}

/// Makes connections with libpq.
struct PostgreSQLConnector: Connector {
    let settings: PostgreSQLSettings
    /// When the server began, in microseconds; an expression.
    static let serverStart = "(extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint"

    func adopt(_ established: Established, loop: EventLoop, timeout: Duration) -> Connection {
        Connection(established, loop: loop, timeout: timeout)
    }

    func establish() throws(ServerError) -> Established {
        let seconds = max(2, settings.connectTimeout.components.seconds)
        let names = ["dbname", "connect_timeout", "client_encoding", "fallback_application_name"]
        let values = [settings.url, "\(seconds)", "UTF8", "sambal \(settings.schema)"]
        let opened = withCStrings(names) { names in
            withCStrings(values) { values in PQconnectdbParams(names, values, 1) }
        }
        guard let handle = opened else { throw .lost("no memory for a connection") }
        do throws(ServerError) {
            guard PQstatus(handle) == CONNECTION_OK else {
                throw .lost(String(cString: PQerrorMessage(handle)).trimmedLines)
            }
            return Established(handle: handle, serverStart: try setUp(handle))
        } catch {
            PQfinish(handle)
            throw error
        }
    }

    private func setUp(_ handle: OpaquePointer) throws(ServerError) -> Int64 {
        let milliseconds = settings.statementTimeout.components.seconds * 1000
        let sql = """
            SET client_min_messages = error; SET search_path = \(quoted(settings.schema)); \
            SET statement_timeout = \(milliseconds); SET lock_timeout = \(milliseconds); \
            SET idle_in_transaction_session_timeout = \(milliseconds * 3); SET enable_seqscan = off; SET jit = off; \
            SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'; \
            SELECT pg_try_advisory_lock_shared(\(settings.useKey)), \(Self.serverStart), \
            current_setting('fsync'), current_setting('full_page_writes')
            """
        // Who has read all of a table, however small, depends on everybody who writes to it. Where a query has no
        // index, the cost of what is off would look like one that is worth compiling.
        guard let answer = PQexec(handle, sql) else { throw .lost("no memory for an answer") }
        defer { PQclear(answer) }
        guard PQresultStatus(answer) == PGRES_TUPLES_OK else {
            throw .lost(String(cString: PQerrorMessage(handle)).trimmedLines)
        }
        guard PQgetvalue(answer, 0, 0).map({ String(cString: $0) }) == "t" else {
            throw .lost("its data is being moved")
        }
        for (column, name) in [(2, "fsync"), (3, "full_page_writes")] {
            let value = PQgetvalue(answer, 0, Int32(column)).map { String(cString: $0) } ?? ""
            guard value == "on" else {
                throw .notDurable(
                    "the server runs with \(name) = \(value): a commit that it has confirmed may be lost, or its files "
                        + "damaged, when its machine stops. Set \(name) = on in postgresql.conf and reload")
            }
        }
        return PQgetvalue(answer, 0, 1).flatMap { Int64(String(cString: $0)) } ?? 0
    }
}

/// Calls `body` with the texts as C has a list of them: a null pointer ends it.
private func withCStrings<Result>(_ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
    var pointers: [UnsafePointer<CChar>?] = []
    func next(_ rest: ArraySlice<String>) -> Result {
        guard let first = rest.first else { return body(pointers + [nil]) }
        return first.withCString { pointer in
            pointers.append(pointer)
            return next(rest.dropFirst())
        }
    }
    return next(texts[...])
}

extension ServerError {
    /// By PostgreSQL's SQLSTATE. Without one it is libpq that speaks: the connection is gone.
    init(state: String, message: String) {
        switch state {
        // A unique index is met only if a look at it just before saw nothing, or if none was taken; nothing is
        // divided by but the number of records that were written (`updateOrFail`).
        case "23505", "22012": self.init(.unexpected, message)
        case "40001", "40P01": self.init(.conflict, message)
        case "", "40003": self.init(.lost, message)
        case "25P03": self.init(.lost, message)
        case _ where state.hasPrefix("57P") || state.hasPrefix("08"): self.init(.lost, message)
        case "54000": self.init(.refused(.invalidQuery), "a value is too long for its index")
        case "22021", "22P05":
            self.init(.refused(.invalidQuery), "a text has a character that the database cannot store")
        case "53100": self.init(.refused(.full), message)
        case "XX001", "XX002": self.init(.refused(.damaged), message)
        case "57014": self.init(.refused(.tooSlow), message)
        case "55P03", "25006": self.init(.refused(.unavailable), message)
        case _ where ["53", "57", "58", "40"].contains(state.prefix(2)): self.init(.refused(.unavailable), message)
        default: self.init(.refused(.internalFailure), message)
        }
    }
}
