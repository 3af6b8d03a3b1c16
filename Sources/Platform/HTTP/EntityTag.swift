import Kernel

extension Request {
    /// The entity tags of a precondition, for example `If-None-Match` (RFC 9110 §13.1). Tags of this server contain no
    /// comma, so that cutting at commas loses none of them.
    package func entityTags(in header: String) -> [String] {
        headers.all(header).flatMap { line in
            line.split(separator: ",").map { $0.drop { $0 == " " } }.map { tag in
                String(tag.prefix(upTo: tag.lastIndex { $0 != " " }.map { tag.index(after: $0) } ?? tag.startIndex))
            }
        }
    }

    /// Whether a reader has that version already. The comparison is weak, as reading allows (RFC 9110 §13.1.2).
    package func knows(_ tag: String) -> Bool {
        entityTags(in: "If-None-Match").contains { $0 == "*" || $0 == tag || $0 == "W/" + tag }
    }
}

/// Builds a strong entity tag of the values that decide an answer, for example the versions of the rows that it shows:
/// cheaper than a hash of the answer, which has to be written first. The same values give the same tag in every process.
package struct EntityTagBuilder {
    private var hash = FNV1a.of128Bits

    package init() {}

    package mutating func add(_ text: String) {
        // The length keeps "ab", "c" apart from "a", "bc".
        add(Int64(text.utf8.count))
        hash.add(text)
    }

    package mutating func add(_ number: Int64) {
        withUnsafeBytes(of: number.littleEndian) { hash.add($0) }
    }

    package mutating func add(_ bytes: UnsafeRawBufferPointer) { hash.add(bytes) }

    /// With its quotes, as it stands in `ETag`.
    package var tag: String { "\"\(hexadecimal(hash.state))\"" }
}
