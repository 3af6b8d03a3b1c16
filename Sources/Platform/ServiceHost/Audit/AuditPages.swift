/// A record as it is listed.
public struct AuditEntry: Codable, Sendable {
    public let id: String
    public let hash: String
    /// `nil` if what is stored is no audit record any more.
    public let record: AuditRecord?
    /// Whether the record is what was hashed. Only the walk through the whole chain tells whether it is the one that was written.
    public let isIntact: Bool

    package init(_ stored: StoredAuditRecord) {
        id = stored.id
        hash = stored.hash
        record = stored.record
        isIntact = AuditRecord.hash(of: stored.text) == stored.hash
    }
}

/// The answer of `GET /audit`.
public struct AuditPage: Codable, Sendable {
    public let service: String
    public let records: [AuditEntry]
    /// Where the list goes on, as `before`; `nil` at its end.
    public let next: Int64?
    public let head: AuditHead?

    package init(service: String, records: [AuditEntry], next: Int64?, head: AuditHead?) {
        self.service = service
        self.records = records
        self.next = next
        self.head = head
    }
}

/// The answer of `GET /audit/chain`.
public struct AuditChainPage: Codable, Sendable {
    public let service: String
    public let records: [StoredAuditRecord]
    public let isEnd: Bool
    public let head: AuditHead?

    package init(service: String, records: [StoredAuditRecord], isEnd: Bool, head: AuditHead?) {
        self.service = service
        self.records = records
        self.isEnd = isEnd
        self.head = head
    }
}
