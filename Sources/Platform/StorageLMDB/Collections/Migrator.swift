import CLMDB
import Kernel
import Storage

/// Brings an environment's schema up to date, inside a transaction that has it to itself.
struct Migrator {
    let session: Session
    /// Noted beside each migration, RFC 3339.
    let time: String

    func run(_ migrations: [Migration]) throws {
        // Read in this transaction: another process may have migrated since the environment was opened.
        let registry = try CollectionRegistry(session)
        var notes = registry.collections.mapValues(CollectionNote.init)
        for migration in try Migration.pending(migrations, after: registry.applied, at: session.path) {
            do {
                for step in migration.steps { try apply(step, &notes) }
            } catch let error as StorageError where !session.isMapFull {
                throw migration.failure(error)
            }
            let note = AppliedMigration(version: migration.version, name: migration.name, appliedAt: time)
            try session.put(JSON.bytes(of: note), for: Array(note.key.utf8), in: session.schemaTable)
        }
    }

    /// Makes the collections that are not there, whatever migrations say.
    func create(missing collections: [CollectionSchema]) throws {
        var notes = try CollectionRegistry(session).collections.mapValues(CollectionNote.init)
        for collection in collections where notes[collection.name] == nil { try apply(.create(collection), &notes) }
    }

    private func apply(_ step: Migration.Step, _ notes: inout [String: CollectionNote]) throws {
        switch step {
        case .create(let schema):
            guard notes[schema.name] == nil else {
                throw StorageError(.migration, "the collection \(schema.name) is there already")
            }
            var note = CollectionNote(name: schema.name, fields: [])
            _ = try session.openTable(note.recordsTable, flags: MDB_CREATE)
            for field in schema.fields { try add(field, to: &note) }
            try keep(note, &notes)
        case .addField(let field, let name, let value):
            guard var note = notes[name] else {
                throw StorageError(.migration, "there is no collection \(name)")
            }
            try add(field, to: &note)
            try keep(note, &notes)
            if let value { try fill(field, of: note, value) }
        }
    }

    /// Gives the records that are there a value in the new field, which is the last.
    private func fill(_ field: FieldSchema, of note: CollectionNote, _ value: Migration.ComputedValue) throws {
        let stored = try StoredCollection(note, session)
        let schema = CollectionSchema(name: note.name, fields: stored.fields)
        let collection = OpenCollection(
            session: session, schema: schema, stored: stored, slots: try stored.slots(of: schema))
        var last = ""
        while true {
            let page = Query(
                where: [.greater("id", .text(last))], sort: [Sort("id")], limit: FieldSchema.recordsAtOnce)
            let records = try collection.query(page)
            for var record in records {
                let computed = try field.computed(by: value, from: record.document, id: record.id)
                guard computed != .null else { continue }
                record.fields[stored.fields.count - 1] = computed
                _ = try collection.update(record, expecting: record.version)
            }
            guard let end = records.last, records.count == FieldSchema.recordsAtOnce else { return }
            last = end.id
        }
    }

    private func keep(_ note: CollectionNote, _ notes: inout [String: CollectionNote]) throws {
        try session.put(JSON.bytes(of: note), for: Array(note.key.utf8), in: session.schemaTable)
        notes[note.name] = note
    }

    private func add(_ field: FieldSchema, to note: inout CollectionNote) throws {
        try field.checkName()
        guard !note.fields.contains(where: { $0.name.lowercased() == field.name.lowercased() }) else {
            throw StorageError(.migration, "\(note.name) has a field '\(field.name)' already")
        }
        let added = CollectionNote.Field(
            name: field.name, type: field.type.rawValue, isUnique: field.isUnique, isIndexed: field.isIndexed)
        note.fields.append(added)
        if field.isIndexed || field.isUnique { try fill(note.indexTable(added), from: note.recordsTable) }
    }

    /// Makes the index of a field that no record has yet.
    private func fill(_ indexTable: String, from recordsTable: String) throws {
        let index = try session.openTable(indexTable, flags: MDB_CREATE | MDB_DUPSORT)
        let records = try session.openTable(recordsTable, flags: 0)
        let null = SortableKey.value(.null, .text)
        try session.withCursor(records) { cursor in
            var entry = try cursor.move(MDB_FIRST)
            while let found = entry {
                try session.put(Array(found.key), for: null, in: index)
                entry = try cursor.move(MDB_NEXT)
            }
        }
    }
}

extension CollectionNote {
    fileprivate init(_ collection: StoredCollection) {
        self.init(
            name: collection.name,
            fields: collection.fields.map {
                Field(name: $0.name, type: $0.type.rawValue, isUnique: $0.isUnique, isIndexed: $0.isIndexed)
            })
    }
}
