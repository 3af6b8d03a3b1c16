import CMongoDB
import Kernel
import Storage

/// A connection to the servers, and a session on it. It belongs to one worker: only that worker's jobs touch it.
final class Client: @unchecked Sendable {  // used by one worker's jobs only
    private let settings: MongoDBSettings
    private var handle: OpaquePointer?
    private var session: OpaquePointer?

    /// The longest that a query may take; the servers stop it then, also if nobody waits for it any more.
    let queryTime: Duration

    /// Without `queryTime`, a query may take as long as an answer is waited for.
    init(_ settings: MongoDBSettings, queryTime: Duration? = nil) {
        self.settings = settings
        self.queryTime = queryTime ?? settings.answerTimeout
    }

    var place: String { settings.name }
    var schema: String { settings.schema }
    var lockTimeout: Duration { settings.lockTimeout }
    /// By which the servers know the service's connections.
    var applicationName: String {
        // As long as a name may be.
        String(decoding: "sambal \(settings.database).\(settings.schema)".utf8.prefix(128), as: UTF8.self)
    }
    func collection(_ name: String) -> String { "\(settings.schema).\(name)" }

    /// Ends the connection; the next use makes another.
    func close() {
        if let session { mongoc_client_session_destroy(session) }
        if let handle { mongoc_client_destroy(handle) }
        (session, handle) = (nil, nil)
    }

    // MARK: Transactions

    enum Concern: String {
        /// One moment.
        case snapshot
        /// The newest state: the only one under which collections can be made.
        case local
    }

    /// From now on everything is read from one moment that a majority of the servers has kept: it cannot be rolled back
    /// when another one becomes the primary. A transaction that is not committed would promise no such thing.
    func beginReading() throws(MongoError) {
        if let session { mongoc_client_session_destroy(session) }
        session = nil
        let options = mongoc_session_opts_new()
        defer { mongoc_session_opts_destroy(options) }
        mongoc_session_opts_set_snapshot(options, true)
        _ = try openSession(options)
    }

    func begin(_ concern: Concern) throws(MongoError) {
        let session = try openSession()
        let (options, read, write) = (
            mongoc_transaction_opts_new(), mongoc_read_concern_new(), mongoc_write_concern_new()
        )
        defer {
            mongoc_transaction_opts_destroy(options)
            mongoc_read_concern_destroy(read)
            mongoc_write_concern_destroy(write)
        }
        mongoc_read_concern_set_level(read, concern.rawValue)
        mongoc_write_concern_set_w(write, Int32(MONGOC_WRITE_CONCERN_W_MAJORITY))
        mongoc_write_concern_set_journal(write, true)
        mongoc_transaction_opts_set_read_concern(options, read)
        mongoc_transaction_opts_set_write_concern(options, write)
        var error = bson_error_t()
        guard mongoc_client_session_start_transaction(session, options, &error) else {
            throw MongoError(error, reply: nil)
        }
    }

    /// Durable on a majority of the servers when it returns.
    func commit() throws(MongoError) {
        var error = bson_error_t()
        let reply = Reply()
        let session = try openSession()
        guard reply.with({ mongoc_client_session_commit_transaction(session, $0, &error) }) else {
            throw reply.error(error)
        }
    }

    /// Undoes what was begun; the server does it by itself where it cannot be told.
    func abort() {
        guard let session, mongoc_client_session_in_transaction(session) else { return }
        mongoc_client_session_abort_transaction(session, nil)
    }

    // MARK: Commands

    /// Runs a command, inside the transaction where one has begun. Throws even if the command itself has written
    /// less than it should.
    @discardableResult
    func run(_ command: BSON) throws(MongoError) -> BSON {
        try run(command, on: settings.database, try sessionOptions())
    }

    /// Runs a command of the servers', outside of the transaction.
    @discardableResult
    func administer(_ command: BSON) throws(MongoError) -> BSON {
        _ = try openSession()
        return try run(command, on: "admin", EncodedDocument([:]))
    }

    private func run(_ command: BSON, on database: String, _ options: EncodedDocument) throws(MongoError) -> BSON {
        var error = bson_error_t()
        let reply = Reply()
        let isDone = EncodedDocument(command).with { command in
            options.with { options in
                reply.with { mongoc_client_command_with_opts(handle, database, command, nil, options, $0, &error) }
            }
        }
        guard isDone else { throw reply.error(error) }
        let document = reply.document
        if let failure = document["writeErrors"].elements.first {
            let kind = failure["code"].integer == 11000 ? MongoError.Kind.transient : .refused(.internalFailure)
            throw MongoError(kind, failure["errmsg"].text ?? "a write failed")
        }
        return document
    }

    func find(_ collection: String, _ filter: BSON, _ options: BSON) throws(MongoError) -> [BSON] {
        let options = try sessionOptions(options)
        guard let source = mongoc_client_get_collection(handle, settings.database, collection) else { return [] }
        defer { mongoc_collection_destroy(source) }
        let cursor = EncodedDocument(filter).with { filter in
            options.with { mongoc_collection_find_with_opts(source, filter, $0, nil) }
        }
        defer { mongoc_cursor_destroy(cursor) }
        var documents: [BSON] = []
        var next: OpaquePointer?
        while mongoc_cursor_next(cursor, &next) {
            if let next { documents.append(BSON(next)) }
        }
        var error = bson_error_t()
        var reply: OpaquePointer?
        if mongoc_cursor_error_document(cursor, &error, &reply) { throw MongoError(error, reply: reply) }
        return documents
    }

    private func sessionOptions(_ options: BSON = [:]) throws(MongoError) -> EncodedDocument {
        let options = EncodedDocument(options)
        var error = bson_error_t()
        let session = try openSession()
        guard options.with({ mongoc_client_session_append(session, $0, &error) }) else {
            throw MongoError(error, reply: nil)
        }
        return options
    }

    private func openSession(_ options: OpaquePointer? = nil) throws(MongoError) -> OpaquePointer {
        if let session { return session }
        let client = try openHandle()
        var error = bson_error_t()
        guard let made = mongoc_client_start_session(client, options, &error) else {
            throw MongoError(error, reply: nil)
        }
        session = made
        return made
    }

    private func openHandle() throws(MongoError) -> OpaquePointer {
        if let handle { return handle }
        Library.prepare()
        var error = bson_error_t()
        guard let uri = mongoc_uri_new_with_error(settings.url, &error) else { throw MongoError(error, reply: nil) }
        defer { mongoc_uri_destroy(uri) }
        mongoc_uri_set_appname(uri, applicationName)
        let limits: [(String, Int64)] = [
            (MONGOC_URI_CONNECTTIMEOUTMS, 5_000),
            (MONGOC_URI_SOCKETTIMEOUTMS, Int64(settings.answerTimeout.seconds * 1000)),
            (MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 5_000),
        ]
        for (name, standard) in limits {
            mongoc_uri_set_option_as_int32(uri, name, mongoc_uri_get_option_as_int32(uri, name, Int32(standard)))
        }
        guard let client = mongoc_client_new_from_uri_with_error(uri, &error) else {
            throw MongoError(error, reply: nil)
        }
        mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2)
        handle = client
        return client
    }
}

extension Client {
    /// Ends transactions of this service whose program is gone: the servers keep them, with what they have locked, for
    /// a minute. Outside of a transaction.
    func endOrphans() throws(MongoError) {
        let operations = try operations()
        let connected = Set(operations.filter { $0["type"].text == "op" }.compactMap { $0["connectionId"].integer })
        let orphans = operations.filter { operation in
            guard operation["type"].text == "idleSession", operation["appName"].text == applicationName,
                let connection = operation["connectionId"].integer
            else { return false }
            return !connected.contains(connection)
        }
        let sessions = orphans.map { BSON.document([BSON.Field(name: "id", value: $0["lsid"]["id"])]) }
        if !sessions.isEmpty { try administer(["killSessions": .array(sessions)]) }
    }

    /// The servers' numbers of all connections that the service has, of every program.
    func connections() throws(MongoError) -> Set<Int64> {
        Set(
            try operations().filter { $0["type"].text == "op" && $0["appName"].text == applicationName }
                .compactMap { $0["connectionId"].integer })
    }

    /// Operations at the server, those under way and those that are idle. A user without further rights sees its own.
    private func operations() throws(MongoError) -> [BSON] {
        let stage: BSON = ["$currentOp": ["idleConnections": true, "idleSessions": true]]
        let reply = try administer(["aggregate": 1, "pipeline": [stage], "cursor": ["batchSize": 10_000]])
        return reply["cursor"]["firstBatch"].elements
    }
}

/// The library's own beginning.
enum Library {
    private static let isReady: Void = {
        // What matters is in the errors; its own lines would be among the log's, and may quote a URL.
        mongoc_be_silent()
        mongoc_init()
    }()

    static func prepare() { _ = isReady }
}
