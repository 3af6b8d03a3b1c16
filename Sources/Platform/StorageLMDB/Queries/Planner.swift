import Storage

/// Chooses how a query walks: as few rows as its conditions allow, or in the order that it asks for.
struct Planner {
    let collection: OpenCollection
    let conditions: [Condition]
    let sort: [Sort]

    func scan() -> IndexScan {
        if let id = bounds("id"), id.isOneKey { return ordered(IndexScan(nil, id)) }
        let indexed = conditions.compactMap { condition in index(of: condition.field).map { (condition.field, $0) } }
        let exact = indexed.compactMap { field, index in
            bounds(field).flatMap { $0.isOneKey ? IndexScan(index, $0) : nil }
        }
        if let unique = exact.first(where: { $0.index?.isUnique == true }) { return ordered(unique) }
        let sorted = inOrder()
        // A scan in the wanted order ends early; one within bounds as well beats one value with many rows.
        if let sorted, sorted.bounds.lower != nil || sorted.bounds.upper != nil { return sorted }
        if let one = exact.first { return ordered(one) }
        if let sorted { return sorted }
        for (field, index) in indexed { if let bounds = bounds(field) { return IndexScan(index, bounds) } }
        return IndexScan(nil, bounds("id") ?? IndexScan.Bounds())
    }

    /// The scan whose keys come in the wanted order; `nil` if nothing is kept in that order.
    private func inOrder() -> IndexScan? {
        let first = sort.first ?? Sort("id")
        let index = index(of: first.field)
        guard index != nil || first.field == "id" else { return nil }
        var scan = IndexScan(index, bounds(first.field) ?? IndexScan.Bounds())
        scan.isDescending = first.isDescending
        scan.order = sort.count <= 1 ? .rows : .keys
        return scan
    }

    /// Returns the scan with its order, if one is known.
    private func ordered(_ scan: IndexScan) -> IndexScan {
        var scan = scan
        // The ids of one value come ascending.
        if scan.index != nil, sort.isEmpty || sort == [Sort("id")] { scan.order = .rows }
        return scan
    }

    private func index(of field: String) -> StoredCollection.Index? {
        guard field != "id", field != "version" else { return nil }
        return collection.stored.index(at: collection.slot(of: field))
    }

    /// Returns the keys that the conditions on that field leave; `nil` if they leave all.
    private func bounds(_ field: String) -> IndexScan.Bounds? {
        var bounds = IndexScan.Bounds()
        for condition in conditions where condition.field == field {
            let keys = condition.values.map { self.key($0, of: condition.field) }.sorted {
                $0.lexicographicallyPrecedes($1)
            }
            let key = keys[0]
            switch condition.comparison {
            case .equal:
                bounds.raise(to: key)
                bounds.lower(to: key)
            case .less, .lessOrEqual:
                bounds.raise(to: SortableKey.afterNull)
                bounds.lower(to: key)
            case .greater, .greaterOrEqual: bounds.raise(to: key)
            case .oneOf:
                bounds.raise(to: key)
                bounds.lower(to: keys[keys.count - 1])
            case .notEqual: break
            }
        }
        return bounds.lower == nil && bounds.upper == nil ? nil : bounds
    }

    private func key(_ value: FieldValue, of field: String) -> [UInt8] {
        guard field != "id" else { return SortableKey.value(value, .text) }
        return collection.stored.key(value, at: collection.slot(of: field))
    }
}

extension IndexScan.Bounds {
    fileprivate mutating func raise(to key: [UInt8]) {
        if lower.map({ $0.lexicographicallyPrecedes(key) }) ?? true { lower = key }
    }

    fileprivate mutating func lower(to key: [UInt8]) {
        if upper.map({ key.lexicographicallyPrecedes($0) }) ?? true { upper = key }
    }
}
