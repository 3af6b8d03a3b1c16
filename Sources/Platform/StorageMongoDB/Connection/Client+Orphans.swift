extension Client {
    /// Ends transactions of this service whose program is gone: the servers keep them, with what they have locked, for a
    /// minute. Outside of a transaction.
    func endOrphans() throws(MongoError) {
        let stage: BSON = ["$currentOp": ["idleConnections": true, "idleSessions": true]]
        let reply = try administer(["aggregate": 1, "pipeline": [stage], "cursor": ["batchSize": 10_000]])
        let operations = reply["cursor"]["firstBatch"].elements
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
}
