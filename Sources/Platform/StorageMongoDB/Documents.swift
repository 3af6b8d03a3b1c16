import Storage

/// How records and questions look in MongoDB: the fields beside the document, null left out, so that unique indexes leave
/// them alone.
extension BSON {
    static func record(_ record: Record, of collection: CollectionSchema) -> BSON {
        .document([Field(name: "_id", value: .text(record.id))] + content(record, of: collection))
    }

    /// All but the id.
    static func content(_ record: Record, of collection: CollectionSchema) -> [Field] {
        var fields = [
            Field(name: "version", value: .integer(record.version)),
            Field(name: "document", value: .bytes(record.document)),
        ]
        for (field, value) in zip(collection.fields, record.fields) {
            let stored = BSON(value, as: field.type)
            if case .null = stored { continue }
            fields.append(Field(name: field.name, value: stored))
        }
        return fields
    }

    init(_ value: FieldValue, as type: FieldType) {
        self =
            switch value.stored(as: type) {
            case .null: .null
            case .integer(let integer): .integer(integer)
            case .real(let real): .real(real)
            case .text(let text): .text(text)
            case .boolean(let boolean): .boolean(boolean)
            }
    }

    func record(of collection: CollectionSchema) -> Record {
        let values = Dictionary((fields ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        return Record(
            id: values["_id"]?.text ?? "", version: values["version"]?.integer ?? 0,
            document: values["document"]?.bytes ?? [],
            fields: collection.fields.map { values[$0.name]?.fieldValue ?? .null })
    }

    private var fieldValue: FieldValue {
        switch self {
        case .integer(let integer): .integer(integer)
        case .real(let real): .real(real)
        case .text(let text): .text(text)
        case .boolean(let boolean): .boolean(boolean)
        case .null, .bytes, .uuid, .document, .array: .null
        }
    }

    /// Values stand behind operators, so that none of them is taken for one.
    static func filter(_ conditions: [Condition], in collection: CollectionSchema) throws(StorageError) -> BSON {
        var terms: [BSON] = []
        for condition in conditions {
            let type = try collection.type(of: condition.field)
            let values = condition.values.map { BSON($0, as: type) }
            let value = condition.comparison == .oneOf ? BSON.array(values) : values[0]
            let test = BSON.document([Field(name: condition.comparison.name, value: value)])
            terms.append(.document([Field(name: key(condition.field), value: test)]))
        }
        return terms.isEmpty ? [:] : ["$and": .array(terms)]
    }

    /// A field counts once, by its first mention.
    static func order(_ sort: [Sort]) -> BSON {
        var fields: [Field] = []
        for key in sort + [Sort("id")] where !fields.contains(where: { $0.name == Self.key(key.field) }) {
            fields.append(Field(name: Self.key(key.field), value: .integer(key.isDescending ? -1 : 1)))
        }
        return .document(fields)
    }

    static func key(_ field: String) -> String { field == "id" ? "_id" : field }
}

extension Condition.Comparison {
    fileprivate var name: String {
        switch self {
        case .equal: "$eq"
        case .oneOf: "$in"
        case .notEqual: "$ne"
        case .less: "$lt"
        case .lessOrEqual: "$lte"
        case .greater: "$gt"
        case .greaterOrEqual: "$gte"
        }
    }
}
