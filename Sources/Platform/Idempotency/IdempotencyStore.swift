import FoundationEssentials
public import HTTP
public import Kernel
public import Storage

/// Makes a request that is sent again have one effect and one answer. Its row is written in the caller's transaction,
/// beside what the request does.
///
/// A key is worked on under a lease: when the process dies between `begin` and `complete`, the next request with the
/// key takes over once the lease has ended, and goes on with the same subject. The claim fences: a request that lost
/// the lease cannot `complete` any more, and its transaction falls.
public struct IdempotencyStore: Sendable {
    /// For the service's migrations: `.create(IdempotencyStore.collection.schema)`.
    public static var collection: Collection<IdempotencyRecord> { IdempotencyRecord.collection }

    let loop: any Loop
    private let keeping: Duration?

    /// Keys and answers are kept for `keeping`; `nil` keeps them for ever. A key has to live as long as the work that
    /// it began and the record of it: repeated later, the work would be done a second time. There is no default,
    /// because only the service knows how long that is.
    public init(loop: any Loop, keeping: Duration?) {
        self.loop = loop
        self.keeping = keeping
    }

    /// Takes the key for a request that a handler answers. `subject` is what the work is about, in case the key is new.
    /// Throws `Problem`: 422 when the key was used with another request, 409 when a request with it is under way.
    public func begin(
        _ key: IdempotencyKey, for request: Request, subject: String, lease: Duration, in tx: any Transaction
    ) async throws -> IdempotencyBeginning {
        // A request to a collection makes the resource that it is about.
        let beginning = try await begin(key, Fingerprint(request), subject: subject, lease: lease, in: tx)
        if case .begun(let claim) = beginning, !claim.subject.isEmpty, !request.hasPathParameters {
            RequestEffects.current?.noteResource("\(request.path)/\(claim.subject)")
        }
        return beginning
    }

    /// Takes the key for other input than a request, by its fingerprint.
    public func begin(
        _ key: IdempotencyKey, _ fingerprint: Fingerprint, subject: String, lease: Duration = .seconds(30),
        in tx: any Transaction
    ) async throws -> IdempotencyBeginning {
        let now = loop.now
        let token = hexadecimal(loop.random())
        let new = IdempotencyRecord(
            id: key.id, version: 1, fingerprint: fingerprint.description, subject: subject, token: token,
            leaseEnd: now + lease, expiry: keeping.map { now + $0 })
        // Nearly every key is new: one statement finds that out and takes it.
        if try await tx.insertIfAbsent(new.stored, into: IdempotencyRecord.schema) {
            return .begun(IdempotencyClaim(key: key, record: new))
        }
        guard let found = try await find(key, in: tx) else { throw outstanding(nil, now) }
        if let expiry = found.expiry, expiry <= now {
            return .begun(IdempotencyClaim(key: key, record: try await replace(found, with: new, in: tx)))
        }
        guard found.fingerprint == fingerprint.description else {
            throw Problem(
                status: 422, title: "Idempotency-Key is already used",
                detail: "This Idempotency-Key was used with a different request.")
        }
        if let replay = found.replay { return .replay(replay) }
        if let end = found.leaseEnd, end > now { throw outstanding(end, now) }
        var taken = found
        taken.token = token
        taken.leaseEnd = now + lease
        let record = try await replace(found, with: taken, in: tx)
        return .begun(IdempotencyClaim(key: key, isResumed: true, record: record))
    }

    /// Stores the answer, success or error, for those who ask again. Throws `IdempotencyError` `.leaseLost` when
    /// another request has taken over: let the transaction fall.
    public func complete(
        _ claim: IdempotencyClaim, with response: Response, in tx: any Transaction
    ) async throws {
        var done = claim.record
        done.leaseEnd = nil
        done.status = response.status
        done.contentType = response.headers["Content-Type"]
        done.location = response.headers["Location"]
        done.tag = response.headers["ETag"]
        done.body = Array(response.body)
        try await write(done, over: claim, in: tx)
    }

    /// Gives the key back: the work certainly had no effect. The next request with it begins at once, same subject.
    public func release(_ claim: IdempotencyClaim, in tx: any Transaction) async throws {
        var free = claim.record
        free.leaseEnd = nil
        try await write(free, over: claim, in: tx)
    }

    /// Forgets the key: the work certainly had no effect, and is not gone on with. The next request with it is a first
    /// one, with a subject of its own.
    public func forget(_ claim: IdempotencyClaim, in tx: any Transaction) async throws {
        let version = claim.record.version
        guard try await tx.delete(id: claim.key.id, expecting: version, from: IdempotencyRecord.schema) else {
            throw IdempotencyError(leaseLostOn: claim.key)
        }
    }

    /// Rows that are deleted at once.
    public static let batch = 500

    /// Deletes the rows whose time is over, a bounded batch each minute, until the task is cancelled. For a service's
    /// background work.
    public func pruneRegularly(_ database: any Database) async throws {
        while true {
            try await loop.sleep(for: .seconds(60))
            var pruned = Self.batch
            while pruned >= Self.batch {  // a full batch means that more may wait
                try Task.checkCancellation()
                pruned = try await database.transaction { try await prune(in: $0) }
            }
        }
    }

    /// Deletes at most `limit` rows whose time is over; tells how many. To be called now and then.
    @discardableResult
    public func prune(limit: Int = Self.batch, in tx: any Transaction) async throws -> Int {
        let query = Query(
            where: [.lessOrEqual("expiry", FieldValue(loop.now))], sort: [Sort("expiry")], limit: limit)
        let old = try await tx.query(IdempotencyRecord.schema, query).map(\.id)
        try await tx.deleteAll(ids: old, from: IdempotencyRecord.schema)
        return old.count
    }

    private func find(_ key: IdempotencyKey, in tx: any Transaction) async throws -> IdempotencyRecord? {
        try await tx.find(IdempotencyRecord.schema, id: key.id).map { IdempotencyRecord($0) }
    }

    /// Expects the version that the claim's holder wrote: a holder that has lost the lease finds another version,
    /// without reading first.
    private func write(
        _ record: IdempotencyRecord, over claim: IdempotencyClaim, in tx: any Transaction
    ) async throws {
        var next = record
        next.version = claim.record.version + 1
        guard try await tx.update(next.stored, expecting: claim.record.version, in: IdempotencyRecord.schema) else {
            throw IdempotencyError(leaseLostOn: claim.key)
        }
    }

    /// By version, so that of two that come at the same time one wins on every engine.
    private func replace(
        _ found: IdempotencyRecord, with new: IdempotencyRecord, in tx: any Transaction
    ) async throws -> IdempotencyRecord {
        var next = new
        next.version = found.version + 1
        guard try await tx.update(next.stored, expecting: found.version, in: IdempotencyRecord.schema) else {
            throw outstanding(nil, loop.now)
        }
        return next
    }

    private func outstanding(_ end: Timestamp?, _ now: Timestamp) -> Problem {
        let wait = end.map { max(.seconds(1), $0 - now) } ?? .seconds(1)
        return Problem(
            status: 409, title: "A request is outstanding for this Idempotency-Key",
            detail: "A request with this Idempotency-Key is being worked on.", retryAfter: wait)
    }
}
