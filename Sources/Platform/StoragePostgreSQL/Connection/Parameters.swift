import Storage

/// A statement's parameters in PostgreSQL's binary format.
struct Parameters: Sendable {
    private var bytes: [UInt8] = []
    /// Where each begins and how long it is; `nil` for NULL.
    private var places: [Range<Int>?] = []

    mutating func add(_ value: Int64) { add(bytesOf: value.bigEndian) }

    mutating func add(_ text: String) {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        places.append(start..<bytes.count)
    }

    mutating func add(_ value: [UInt8]) {
        places.append(bytes.count..<bytes.count + value.count)
        bytes += value
    }

    mutating func addNull() { places.append(nil) }

    mutating func add(_ value: FieldValue, as type: FieldType) {
        switch (value, type) {
        case (.null, _): addNull()
        case (.integer(let integer), .real): add(Double(integer))
        case (.integer(let integer), _): add(integer)
        case (.real(let real), _): real.isNaN ? addNull() : add(real)
        case (.text(let text), _): add(text)
        case (.boolean(let boolean), _): add([boolean ? 1 : 0])
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

    private mutating func add(_ real: Double) {
        add(bytesOf: (real == 0 ? 0 : real).bitPattern.bigEndian)
    }

    private mutating func add(bytesOf value: some FixedWidthInteger) {
        let start = bytes.count
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
        places.append(start..<bytes.count)
    }
}
