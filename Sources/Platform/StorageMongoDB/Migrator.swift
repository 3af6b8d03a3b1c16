import Storage

/// Brings a service's collections up to date. `schema` holds what was done: a document for each migration.
struct Migrator {
    let runner: TransactionRunner
    let schema: String
    let place: String
    /// Noted beside each migration, RFC 3339.
    let time: String

    /// Gives the collections there are afterwards. Collections are made in the transaction that notes them, so that a
    /// migration that fails leaves nothing; indexes of fields that are added later come after it, and by everybody who
    /// starts.
    func run(_ migrations: [Migration]) throws -> Set<String> {
        try runner.run([
            "update": .text("\(schema).lock"),
            "updates": [["q": ["_id": "writer"], "u": ["$setOnInsert": ["turns": 0]], "upsert": true]],
        ])
        let fields = try runner.alone(.local) { client in
            let notes = try client.find(client.collection("schema"), [:], ["sort": ["_id": 1]])
            var fields = Self.fields(notes)
            let applied = notes.map { (version: Int($0["_id"].integer ?? 0), name: $0["name"].text ?? "") }
            for migration in try Migration.pending(migrations, after: applied, at: place) {
                do {
                    for step in migration.steps { try apply(step, &fields, client) }
                    try note(migration, client)
                } catch let error as StorageError {
                    throw migration.failure(error)
                } catch let error as MongoError {
                    if error.kind == .transient || error.kind == .lost { throw error }
                    throw migration.failure(error.storageError(at: place))
                }
            }
            return fields
        }
        for (collection, fields) in fields.sorted(by: { $0.key < $1.key }) {
            let indexes = fields.compactMap(Self.index)
            guard !indexes.isEmpty else { continue }
            try runner.run(["createIndexes": .text("\(schema).\(collection)"), "indexes": .array(indexes)])
        }
        return Set(fields.keys)
    }

    static func collections(of schema: String, _ runner: TransactionRunner) throws -> Set<String> {
        // "/" is what comes after ".".
        let reply = try runner.run([
            "listCollections": 1, "nameOnly": true,
            "filter": ["name": ["$gte": .text("\(schema)."), "$lt": .text("\(schema)/")]],
            "cursor": ["batchSize": 1000],
        ])
        let names = reply["cursor"]["firstBatch"].elements.compactMap { $0["name"].text }
        return Set(names.map { String($0.dropFirst(schema.count + 1)) }).subtracting(["lock"])
    }

    /// Makes a collection that belongs to no migration; it may be there by now.
    static func create(_ collection: CollectionSchema, in schema: String, _ runner: TransactionRunner) throws {
        let name = "\(schema).\(collection.name)"
        do {
            try runner.run(["create": .text(name)])
        } catch {
            guard try collections(of: schema, runner).contains(collection.name) else { throw error }
        }
        let indexes = collection.fields.compactMap(index)
        guard !indexes.isEmpty else { return }
        try runner.run(["createIndexes": .text(name), "indexes": .array(indexes)])
    }

    private func apply(_ step: Migration.Step, _ fields: inout [String: [FieldSchema]], _ client: Client) throws {
        switch step {
        case .create(let collection):
            guard fields[collection.name] == nil, !["lock", "schema"].contains(collection.name) else {
                throw StorageError(.migration, "the collection \(collection.name) is there already")
            }
            for field in collection.fields { try check(field) }
            let name = client.collection(collection.name)
            try client.run(["create": .text(name)])
            let indexes = collection.fields.compactMap(Self.index)
            if !indexes.isEmpty { try client.run(["createIndexes": .text(name), "indexes": .array(indexes)]) }
            fields[collection.name] = collection.fields
        case .addField(let field, let collection, let value):
            try check(field)
            guard let known = fields[collection] else {
                throw StorageError(.migration, "there is no collection \(collection)")
            }
            guard !known.contains(where: { $0.name == field.name }) else {
                throw StorageError(.migration, "\(collection) has a field '\(field.name)' already")
            }
            fields[collection] = known + [field]
            if let value { try fill(field, of: client.collection(collection), value, client) }
        }
    }

    /// Gives the records that are there a value in the new field, in the migration's transaction: the server ends it when
    /// it takes longer than its `transactionLifetimeLimitSeconds`.
    private func fill(
        _ field: FieldSchema, of name: String, _ value: Migration.ComputedValue, _ client: Client
    ) throws {
        var last = ""
        while true {
            let page = try client.find(
                name, ["_id": ["$gt": .text(last)]],
                ["sort": ["_id": 1], "limit": .integer(Int64(FieldSchema.recordsAtOnce))])
            var updates: [BSON] = []
            for document in page {
                let id = document["_id"].text ?? ""
                let computed = try field.computed(by: value, from: document["document"].bytes ?? [], id: id)
                guard computed != .null else { continue }
                let change = BSON.document([BSON.Field(name: field.name, value: BSON(computed, as: field.type))])
                updates.append(["q": ["_id": .text(id)], "u": ["$set": change]])
            }
            if !updates.isEmpty { try client.run(["update": .text(name), "updates": .array(updates)]) }
            guard let end = page.last, page.count == FieldSchema.recordsAtOnce else { return }
            last = end["_id"].text ?? ""
        }
    }

    private func note(_ migration: Migration, _ client: Client) throws {
        let note: BSON = [
            "_id": .integer(Int64(migration.version)), "name": .text(migration.name), "appliedAt": .text(time),
            "steps": .array(migration.steps.map(Self.note)),
        ]
        try client.run(["insert": .text(client.collection("schema")), "documents": [note]])
    }

    private func check(_ field: FieldSchema) throws {
        try field.checkName()
        guard !field.name.contains("."), !field.name.hasPrefix("$"), field.name != "_id" else {
            throw StorageError(.migration, "MongoDB has no field of the name '\(field.name)'")
        }
    }

    // MARK: Notes

    private static func note(_ step: Migration.Step) -> BSON {
        switch step {
        case .create(let collection):
            ["collection": .text(collection.name), "fields": .array(collection.fields.map(note))]
        case .addField(let field, let collection, _): ["collection": .text(collection), "fields": [note(field)]]
        }
    }

    private static func note(_ field: FieldSchema) -> BSON {
        [
            "name": .text(field.name), "type": .text(field.type.rawValue), "isUnique": .boolean(field.isUnique),
            "isIndexed": .boolean(field.isIndexed),
        ]
    }

    private static func fields(_ notes: [BSON]) -> [String: [FieldSchema]] {
        var fields: [String: [FieldSchema]] = [:]
        for step in notes.flatMap({ $0["steps"].elements }) {
            fields[step["collection"].text ?? "", default: []] += step["fields"].elements.map { field in
                FieldSchema(
                    name: field["name"].text ?? "", type: FieldType(rawValue: field["type"].text ?? "") ?? .text,
                    isUnique: field["isUnique"].isTrue, isIndexed: field["isIndexed"].isTrue)
            }
        }
        return fields
    }

    /// Records without a value are not in a unique index.
    private static func index(_ field: FieldSchema) -> BSON? {
        let direction = BSON.Field(name: field.name, value: 1)
        if field.isUnique {
            return ["name": .text(field.name), "key": .document([direction]), "unique": true, "sparse": true]
        }
        guard field.isIndexed else { return nil }
        return ["name": .text(field.name), "key": .document([direction, BSON.Field(name: "_id", value: 1)])]
    }
}
