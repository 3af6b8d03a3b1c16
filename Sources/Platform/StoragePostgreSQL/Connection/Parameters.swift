import StorageServer

/// A statement's parameters in PostgreSQL's binary format.
struct Parameters {
    private var bytes: [UInt8] = []
    /// Where each begins and how long it is; `nil` for NULL.
    private var places: [Range<Int>?] = []

    init(_ values: [SQLValue]) {
        for value in values { add(value) }
    }

    private mutating func add(_ value: SQLValue) {
        switch value {
        case .null: places.append(nil)
        case .integer(let integer): add(bytesOf: integer.bigEndian)
        case .real(let real): add(bytesOf: real.bitPattern.bigEndian)
        case .text(let text): add(text.utf8)
        case .boolean(let boolean): add([boolean ? 1 : 0])
        case .bytes(let bytes): add(bytes)
        }
    }

    /// Calls `body` with what libpq takes: pointers, lengths and formats.
    func withPointers<Result>(
        _ body: (Int32, [UnsafePointer<CChar>?], [Int32], [Int32]) -> Result
    ) -> Result {
        // One byte more, so that an empty value has an address too: none means NULL.
        (bytes + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { buffer in
                let pointers = places.map { place in place.flatMap { buffer.baseAddress! + $0.lowerBound } }
                let lengths = places.map { Int32($0?.count ?? 0) }
                return body(Int32(places.count), pointers, lengths, [Int32](repeating: 1, count: places.count))
            }
        }
    }

    private mutating func add(bytesOf value: some FixedWidthInteger) {
        withUnsafeBytes(of: value) { add($0) }
    }

    private mutating func add(_ value: some Sequence<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: value)
        places.append(start..<bytes.count)
    }
}
