import Storage

/// A query's conditions and order against rows where they lie.
struct Predicate {
    private enum Place {
        case id
        case version
        case slot(Int)
    }
    private struct Test {
        let place: Place
        let comparison: Condition.Comparison
        let values: [FieldValue]
    }
    private struct Key {
        let place: Place
        let isDescending: Bool
    }
    private let tests: [Test]
    private let keys: [Key]

    init(_ conditions: [Condition], sort: [Sort], in collection: OpenCollection) {
        func place(_ field: String) -> Place {
            switch field {
            case "id": .id
            case "version": .version
            default: .slot(collection.slot(of: field))
            }
        }
        tests = conditions.map { condition in
            let place = place(condition.field)
            let type = if case .slot(let slot) = place { collection.stored.fields[slot].type } else { FieldType.text }
            return Test(
                place: place, comparison: condition.comparison, values: condition.values.map { $0.stored(as: type) })
        }
        keys =
            sort.map { Key(place: place($0.field), isDescending: $0.isDescending) }
            + [Key(place: .id, isDescending: false)]
    }

    func admits(_ row: StoredRow) -> Bool {
        tests.allSatisfy { test in
            let value = Self.value(of: row, test.place)
            return test.values.contains { $0.withRaw { Self.holds(value, test.comparison, $0) } }
        }
    }

    /// Whether the first comes before the second.
    func isOrdered(_ one: StoredRow, before other: StoredRow) -> Bool {
        for key in keys {
            let order = Self.value(of: one, key.place).order(to: Self.value(of: other, key.place))
            if order != 0 { return (order < 0) != key.isDescending }
        }
        return false
    }

    private static func value(of row: StoredRow, _ place: Place) -> RawValue {
        switch place {
        case .id: .text(row.id)
        case .version: .integer(row.version)
        case .slot(let slot): row.value(at: slot)
        }
    }

    private static func holds(_ value: RawValue, _ comparison: Condition.Comparison, _ other: RawValue) -> Bool {
        let order = value.order(to: other)
        return switch comparison {
        case .equal, .oneOf: order == 0
        case .notEqual: order != 0
        case .less: !value.isNull && order < 0
        case .lessOrEqual: !value.isNull && order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }
}

extension OpenCollection {
    /// The place in the stored order of a field that was declared: see `CollectionSchema.validate`.
    func slot(of field: String) -> Int {
        guard let index = schema.index(of: field) else { preconditionFailure("\(field) was not validated") }
        return slots[index]
    }
}
