import Cryptography
import Kernel
import Storage

/// A running SHA-256 over records: equal for the same records in the same order, on every engine.
struct RecordChecksum {
    private(set) var count = 0
    private var state: [UInt8] = []

    var text: String { hexadecimal(state) }

    mutating func add(_ record: Record, of collection: CollectionSchema) {
        count += 1
        var bytes = state
        bytes.add(counted: Array(record.id.utf8))
        bytes.add(record.version)
        bytes.add(counted: record.document)
        for (field, value) in zip(collection.fields, record.fields) { bytes.add(value.stored(as: field.type)) }
        state = Digest.sha256(bytes)
    }
}

extension [UInt8] {
    fileprivate mutating func add(_ number: Int64) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func add(counted bytes: [UInt8]) {
        add(Int64(bytes.count))
        self += bytes
    }

    /// Each kind begins with a byte of its own.
    fileprivate mutating func add(_ value: FieldValue) {
        switch value {
        case .null: append(0)
        case .boolean(let boolean): self += [1, boolean ? 1 : 0]
        case .integer(let integer):
            append(2)
            add(integer)
        case .real(let real):
            append(3)
            // Zero has two signs, and some engines keep one only.
            add(Int64(bitPattern: (real == 0 ? 0 : real).bitPattern))
        case .text(let text):
            append(4)
            add(counted: Array(text.utf8))
        }
    }
}
