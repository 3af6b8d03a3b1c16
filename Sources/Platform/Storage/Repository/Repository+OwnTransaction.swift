/// The same without a transaction at hand: each call opens its own.
extension Repository {
    public func find(_ id: String) async throws -> Root? {
        try await database.read { try await find(id, in: $0) }
    }

    @discardableResult
    public func insert(_ entity: Root) async throws -> Root {
        try await database.transaction { try await insert(entity, in: $0) }
    }

    @discardableResult
    public func update(_ entity: Root) async throws -> Root {
        try await database.transaction { try await update(entity, in: $0) }
    }

    public func delete(_ entity: Root) async throws {
        try await database.transaction { try await delete(entity, in: $0) }
    }

    @discardableResult
    public func delete(id: String) async throws -> Bool {
        try await database.transaction { try await delete(id: id, in: $0) }
    }

    public func page(_ request: PageRequest, where conditions: [Condition] = []) async throws -> Page<Root> {
        try await page(request, where: conditions) { $0 }
    }

    public func all(_ query: Query) async throws -> [Root] {
        try await database.read { try await all(query, in: $0) }
    }

    public func first(where conditions: [Condition], sort: [Sort] = []) async throws -> Root? {
        try await database.read { try await first(where: conditions, sort: sort, in: $0) }
    }

    public func count(where conditions: [Condition] = []) async throws -> Int {
        try await database.read { try await count(where: conditions, in: $0) }
    }
}
