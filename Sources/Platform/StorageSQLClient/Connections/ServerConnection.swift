import FoundationEssentials
import Kernel
package import Runtime
package import Storage

/// One connection to a database server, which runs one statement after the other. Everything happens on the loop's
/// thread.
package protocol ServerConnection: AnyObject, Sendable {
    associatedtype Rows: ServerRows

    /// Whether statements need not wait for the answers to those before them.
    static var isPipelined: Bool { get }
    /// Whether a commit that the server answers with an error has certainly stored nothing.
    static var isFailedCommitUndone: Bool { get }
    var isOpen: Bool { get }
    /// Called once when the connection is lost while nobody waits for an answer.
    var onLoss: (() -> Void)? { get set }

    /// Runs a statement after those that were asked for before.
    func run(_ command: Command<Rows>)
    func close()
    /// Asks, on another connection, what became of a transaction whose commit had no answer. One row with `committed`,
    /// `aborted` or `in progress`; anything else says that it cannot be known. `nil` if the server keeps no record.
    func outcomeQuery(of transaction: Int64) -> (sql: String, values: [SQLValue])?
}

extension ServerConnection {
    package func outcomeQuery(of transaction: Int64) -> (sql: String, values: [SQLValue])? { nil }
}

/// The result of a statement. Rows and columns count from 0.
package protocol ServerRows: Sendable {
    var count: Int { get }
    /// How many rows a statement that writes has met.
    var changes: Int { get }

    func integer(_ row: Int, _ column: Int) -> Int64
    func text(_ row: Int, _ column: Int) -> String
    func document(_ row: Int, _ column: Int) -> [UInt8]
    func value(_ row: Int, _ column: Int, _ type: FieldType) -> FieldValue
}

extension ServerRows {
    /// The record of a row that begins with id, version and document.
    package func record(_ row: Int, of collection: CollectionSchema) -> Record {
        Record(
            id: text(row, 0), version: integer(row, 1), document: document(row, 2),
            fields: collection.fields.indices.map { value(row, 3 + $0, collection.fields[$0].type) })
    }
}

/// A statement on its way, and who waits for what it gives.
package struct Command<Rows: ServerRows> {
    package let sql: String
    /// `nil` for what is sent as it is: it takes no values and is not prepared.
    package let values: [SQLValue]?
    /// Whether it may take as long as it likes.
    package let isPatient: Bool
    /// Whether it may wait for the next one that is not, and then be sent together with it. Only where the connection
    /// is pipelined.
    package let isDeferred: Bool
    package let finish: (Result<Rows, ServerError>) -> Void
}

/// Makes connections of one kind. `establish` runs on a thread of its own, since looking up names, TLS and the proof of
/// a password take their time; `adopt` on the loop's.
package protocol Connector: Sendable {
    associatedtype Connection: ServerConnection
    /// A connection that is there and set up, on its way to its owner.
    associatedtype Established: Sendable

    func establish() throws(ServerError) -> Established
    /// Takes it over. A statement that has no answer after `timeout` ends the connection.
    func adopt(_ established: Established, loop: EventLoop, timeout: Duration) -> Connection
}

/// The parts of a database server's URL: `scheme://user:password@host:port/database`.
package struct ServerAddress: Sendable, Hashable {
    package let scheme: String
    package let user: String
    package let password: String
    package let host: String
    package let port: Int
    package let database: String

    /// Throws if it is not of that form, or names no database.
    package init(_ url: DatabaseURL, port defaultPort: Int) throws(DatabaseURLError) {
        guard let parts = URLComponents(string: url.text), let scheme = parts.scheme,
            let host = parts.host, !host.isEmpty, parts.path.count > 1, !parts.path.dropFirst().contains("/"),
            parts.fragment == nil, (1...65535).contains(parts.port ?? defaultPort)
        else { throw url.unreadable }
        self.scheme = scheme
        self.host = host
        user = parts.user ?? ""
        password = parts.password ?? ""
        port = parts.port ?? defaultPort
        database = String(parts.path.dropFirst())
    }

    /// For people to read.
    package var name: String { "\(scheme)://\(host):\(port)/\(database)" }
}
