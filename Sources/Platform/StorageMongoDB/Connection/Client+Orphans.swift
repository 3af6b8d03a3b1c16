extension Client {
    /// Ends transactions of this service whose program is gone: the servers keep them, with what they have locked, for a
    /// minute. Outside of a transaction.
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

    /// What goes on at the server, and what could. A user without further rights sees its own.
    private func operations() throws(MongoError) -> [BSON] {
        let stage: BSON = ["$currentOp": ["idleConnections": true, "idleSessions": true]]
        let reply = try administer(["aggregate": 1, "pipeline": [stage], "cursor": ["batchSize": 10_000]])
        return reply["cursor"]["firstBatch"].elements
    }
}
