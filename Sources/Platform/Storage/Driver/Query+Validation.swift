extension CollectionSchema {
    /// Throws `StorageError.invalidQuery` that names the first field which is not declared, or whose value does not fit.
    /// Every driver asks this before it runs a query, so that all of them refuse the same.
    public func validate(_ conditions: [Condition], sort: [Sort] = []) throws(StorageError) {
        for condition in conditions {
            let type = try self.type(of: condition.field)
            guard condition.value.fits(type) else {
                throw StorageError(
                    .invalidQuery, "'\(condition.field)' of \(name) is compared with a value of another type")
            }
            guard condition.value != .null || condition.comparison == .equal || condition.comparison == .notEqual else {
                throw StorageError(.invalidQuery, "'\(condition.field)' of \(name): null has no order to compare by")
            }
        }
        for key in sort { _ = try type(of: key.field) }
    }

    /// The type of a declared field, or of `id` and `version`, which every collection has.
    public func type(of field: String) throws(StorageError) -> FieldType {
        switch field {
        case "id": return .text
        case "version": return .integer
        default:
            guard let declared = fields.first(where: { $0.name == field }) else {
                throw StorageError(.invalidQuery, "\(name) has no field '\(field)'")
            }
            return declared.type
        }
    }

    /// The place of a declared field among the collection's fields, and so among a record's.
    public func index(of field: String) -> Int? {
        fields.firstIndex { $0.name == field }
    }
}
