extension CollectionSchema {
    /// Throws `StorageError.invalidQuery` when the record has not the fields of the collection, or one is of another type.
    package func validate(_ record: Record) throws(StorageError) {
        guard record.fields.count == fields.count else {
            throw StorageError(.invalidQuery, "a record of \(name) has \(fields.count) fields")
        }
        for index in fields.indices where !record.fields[index].fits(fields[index].type) {
            throw StorageError(.invalidQuery, "'\(fields[index].name)' of \(name) is of another type")
        }
    }
}
