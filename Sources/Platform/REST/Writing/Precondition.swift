public import HTTP
public import Storage

/// The version that a request means, as its headers say (RFC 9110 §13).
package struct Precondition: Sendable {
    private let ifMatch: [String]
    private let ifNoneMatch: [String]

    package init(_ request: Request) {
        ifMatch = request.entityTags(in: "If-Match")
        ifNoneMatch = request.entityTags(in: "If-None-Match")
    }

    package static func tag(_ version: Int64) -> String { "\"\(version)\"" }

    /// Throws a 412 `Problem` if a write to what is stored at `version` (`nil`: nothing is) is not what was meant.
    package func check(_ version: Int64?) throws(Problem) {
        try checkMatch(version)
        guard let tag = version.map(Self.tag), isKnown(tag) else { return }
        throw Problem(status: 412, detail: "It exists already, with the version \(tag)")
    }

    /// `If-Match` alone.
    package func checkMatch(_ version: Int64?) throws(Problem) {
        let tag = version.map(Self.tag)
        guard ifMatch.isEmpty || ifMatch.contains(where: { tag != nil && ($0 == "*" || $0 == tag) }) else {
            throw Problem(status: 412, detail: tag.map { "The current version is \($0)" } ?? "It does not exist")
        }
    }

    /// Whether a reader has that version already. The comparison is weak, as reading allows (§13.1.2).
    package func isKnown(_ tag: String) -> Bool {
        ifNoneMatch.contains { $0 == "*" || $0 == tag || $0 == "W/" + tag }
    }
}

extension Request {
    /// Throws a 412 `Problem` if the request names a version (`If-Match`, RFC 9110 §13.1.1) and what it is about is at
    /// another one. For commands, in the transaction that reads what they change; nothing is thrown where the request
    /// names none.
    public func requireMatch(_ entity: some Entity) throws(Problem) {
        try Precondition(self).checkMatch(entity.version)
    }

    /// Throws the 412 also if there is nothing yet: then every version is another one.
    public func requireMatch(_ entity: (some Entity)?) throws(Problem) {
        try Precondition(self).checkMatch(entity?.version)
    }

    /// Reads the entity and throws the 412 for commands that would not read what they change: nothing is read if the
    /// request names no version.
    public func requireMatch<Root: Entity>(with id: String, of entities: Repository<Root>, in tx: any Transaction)
        async throws
    {
        guard headers["If-Match"] != nil else { return }
        try requireMatch(try await entities.find(id, in: tx))
    }
}
