import CMariaDB
import Runtime
import Storage
import StorageSQLClient

/// A connection that is there and set up, on its way to its owner.
struct Established: @unchecked Sendable {  // handed over once
    let handle: UnsafeMutablePointer<MYSQL>
}

/// Makes connections with MariaDB's own library.
struct MariaDBConnector: Connector {
    let settings: MariaDBSettings

    /// The library's own beginning, which is not made for several threads.
    private static let isReady = mysql_server_init(0, nil, nil) == 0

    func adopt(_ established: Established, loop: EventLoop, timeout: Duration) -> Connection {
        Connection(established, loop: loop, timeout: timeout)
    }

    func establish() throws(ServerError) -> Established {
        guard Self.isReady, let handle = mysql_init(nil) else { throw .lost("no memory for a connection") }
        do throws(ServerError) {
            configure(handle)
            try connect(handle)
            try setUp(handle)
            try checkDurability(handle)
            try noteUse(handle)
            return Established(handle: handle)
        } catch {
            mysql_close(handle)
            throw error
        }
    }

    private func configure(_ handle: UnsafeMutablePointer<MYSQL>) {
        var seconds = UInt32(max(2, settings.connectTimeout.components.seconds))
        mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &seconds)
        // For the library, localhost is a socket in the file system, whatever the port.
        var protocolNumber = MYSQL_PROTOCOL_TCP.rawValue
        mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocolNumber)
        mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        // From here on calls can be begun and continued. The name look-up and the greeting below still block their
        // thread.
        mysql_options(handle, MYSQL_OPT_NONBLOCK, nil)
        mysql_options4(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "sambal \(settings.schema)")
        guard settings.tls != .off else { return }
        var (yes, verify): (my_bool, my_bool) = (1, settings.tls == .verify ? 1 : 0)
        mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &yes)
        mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify)
        if let authorities = settings.authorities { mysql_options(handle, MYSQL_OPT_SSL_CA, authorities) }
        if let certificate = settings.certificate { mysql_options(handle, MYSQL_OPT_SSL_CERT, certificate) }
        if let key = settings.key { mysql_options(handle, MYSQL_OPT_SSL_KEY, key) }
    }

    private func connect(_ handle: UnsafeMutablePointer<MYSQL>) throws(ServerError) {
        let address = settings.address
        // Rows that a statement met count, even if nothing changed in them.
        let flags = UInt(CLIENT_FOUND_ROWS)
        guard
            mysql_real_connect(
                handle, address.host, address.user, address.password, address.database, UInt32(address.port), nil, flags
            )
                != nil
            // Whatever it is, a wrong password among them: the database cannot be had.
        else { throw .lost(handle.error.message) }
        // What the library calls enforced is so only if the server is verified as well: else it goes on without.
        guard settings.tls == .off || mysql_get_ssl_cipher(handle) != nil else { throw .lost("the server has no TLS") }
        guard String(cString: mysql_get_server_info(handle)).contains("MariaDB") else {
            throw ServerError(.refused(.internalFailure), "the server is not MariaDB")
        }
    }

    /// Settings that make a commit durable before it is confirmed, each as the server's own manual recommends it.
    private func checkDurability(_ handle: UnsafeMutablePointer<MYSQL>) throws(ServerError) {
        let names = ["innodb_flush_log_at_trx_commit", "innodb_doublewrite", "log_bin", "sync_binlog"]
        let statement = "SELECT " + names.map { "@@global.\($0)" }.joined(separator: ", ")
        guard mysql_real_query(handle, statement, UInt(statement.utf8.count)) == 0,
            let result = mysql_store_result(handle)
        else { throw handle.error }
        defer { mysql_free_result(result) }
        guard let row = mysql_fetch_row(result) else { throw .lost("an answer without a row") }
        var values: [String: String] = [:]
        for (index, name) in names.enumerated() { values[name] = row[index].map { String(cString: $0) } ?? "" }
        func require(_ name: String, _ allowed: Set<String>, _ setting: String, _ loss: String) throws(ServerError) {
            guard let value = values[name], !allowed.contains(value) else { return }
            throw .notDurable("the server runs with \(name) = \(value): \(loss). Set \(name) = \(setting)")
        }
        let loss = "a commit that it has confirmed may be lost when its machine stops"
        try require("innodb_flush_log_at_trx_commit", ["1", "3"], "1", loss)
        try require("innodb_doublewrite", ["1", "ON"], "ON", "its files may be damaged when its machine stops")
        // After a crash, the engine gives up what the binary log does not have.
        if ["1", "ON"].contains(values["log_bin"] ?? "") {
            try require("sync_binlog", ["1"], "1", "its binary log is not flushed, so " + loss)
        }
    }

    /// First its own lock, then the look at the mover's, who does it the other way round: one of them sees the other.
    private func noteUse(_ handle: UnsafeMutablePointer<MYSQL>) throws(ServerError) {
        let (own, mover) = (settings.useName("CONNECTION_ID()"), settings.useName("'move'"))
        for statement in ["SELECT GET_LOCK(\(own), 0)", "SELECT IS_FREE_LOCK(\(mover))"] {
            guard mysql_real_query(handle, statement, UInt(statement.utf8.count)) == 0,
                let result = mysql_store_result(handle)
            else { throw handle.error }
            defer { mysql_free_result(result) }
            guard let row = mysql_fetch_row(result), let value = row[0], String(cString: value) == "1" else {
                throw .lost("its data is being moved")
            }
        }
    }

    /// The server itself ends what takes too long, and what a lost client has left open.
    private func setUp(_ handle: UnsafeMutablePointer<MYSQL>) throws(ServerError) {
        let seconds = max(1, settings.statementTimeout.components.seconds)
        let limits = """
            SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', max_sort_length = 8192, \
            innodb_lock_wait_timeout = \((seconds + 1) / 2), max_statement_time = \(seconds), \
            idle_transaction_timeout = \(seconds * 3)
            """
        for statement in ["SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", limits] {
            guard mysql_real_query(handle, statement, UInt(statement.utf8.count)) == 0 else { throw handle.error }
        }
    }
}

extension UnsafeMutablePointer<MYSQL> {
    /// The error that the library last reported on this connection.
    var error: ServerError { ServerError(code: mysql_errno(self), message: String(cString: mysql_error(self))) }
}

extension ServerError {
    /// By the server's or the library's number.
    init(code: UInt32, message: String) {
        switch code {
        case 1213, 1020: self.init(.conflict, message)  // deadlock; changed since it was read
        case 1205: self.init(.delayed, message)  // waited too long for a lock
        case 1062: self.init(.taken(field: Self.key(of: message)), message)
        case 1406: self.init(.refused(.invalidQuery), message)  // "Data too long for column 'name' at row 1"
        case 1366, 1300, 3988: self.init(.refused(.invalidQuery), message)  // a character that it does not know
        // It shuts down, or ended the connection.
        case 1053, 1077, 1152, 1153, 1158...1161, 1184, 1927, 1129, 4150: self.init(.lost, message)
        case _ where (2000..<3000).contains(code): self.init(.lost, message)
        case 1021, 1114: self.init(.refused(.full), message)
        // Index or table corrupt; to be repaired.
        case 1034, 1194, 1195, 1712: self.init(.refused(.damaged), message)
        case 1969, 3024: self.init(.refused(.tooSlow), message)
        // Too many connections, no memory, read-only, interrupted.
        case 1040, 1203, 1226, 1037, 1038, 1041, 1290, 1836, 1317, 1180:
            self.init(.refused(.unavailable), message)
        default: self.init(.refused(.internalFailure), message)
        }
    }

    /// "Duplicate entry 'red' for key 'color'": keys are named after their fields.
    private static func key(of message: String) -> String {
        let parts = message.split(separator: "'", omittingEmptySubsequences: false)
        let key = parts.count > 2 ? parts[parts.count - 2] : ""
        return key == "PRIMARY" || key.isEmpty ? "id" : String(key)
    }
}
