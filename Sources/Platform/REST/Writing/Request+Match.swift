public import HTTP
public import Storage

extension Request {
    /// Throws a 412 `Problem` where the request names a version (`If-Match`, RFC 9110 §13.1.1) and what it is about is at
    /// another one. For commands, in the transaction that reads what they change; nothing is thrown where the request
    /// names none.
    public func requireMatch(_ entity: some Entity) throws(Problem) {
        try Precondition(self).checkMatch(entity.version)
    }

    /// The same where there may be nothing yet: then every version is another one.
    public func requireMatch(_ entity: (some Entity)?) throws(Problem) {
        try Precondition(self).checkMatch(entity?.version)
    }

    /// The same for commands that would not read what they change: it is read only where the request names a version.
    public func requireMatch<Root: Entity>(with id: String, of entities: Repository<Root>, in tx: any Transaction)
        async throws
    {
        guard headers["If-Match"] != nil else { return }
        try requireMatch(try await entities.find(id, in: tx))
    }
}
