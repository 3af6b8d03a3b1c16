import FoundationEssentials
import Glibc

/// Reads a body of a known length, or in chunks (RFC 9112 §7.1), as it arrives.
struct BodyReader {
    typealias Bytes = UnsafeBufferPointer<UInt8>
    private enum Phase {
        case bytes(left: Int)
        case chunkSize
        case chunk(left: Int)
        case chunkEnd
        case trailers
        case ended
    }
    private var phase: Phase
    private let maximum: Int
    private var size = 0
    /// Bytes of chunk extensions and trailers, of which nothing is kept: a client may not send them without end.
    private var overhead = 0
    private static let maximumLine = 256
    private static let maximumOverhead = 8 << 10

    /// Throws 413 if the length is known to be too large.
    init(_ body: RequestHead.Body, maximum: Int) throws(Refusal) {
        self.maximum = maximum
        switch body {
        case .none: phase = .ended
        case .length(let length):
            phase = .bytes(left: length)
            guard length <= maximum else { throw tooLarge }
        case .chunked: phase = .chunkSize
        }
    }

    private var tooLarge: Refusal { Refusal(413, "The body is larger than \(maximum) bytes") }

    /// Takes what belongs to the body from `position` on, and moves it behind that. `true` when the body has ended.
    mutating func take(_ input: Bytes, _ position: inout Int, into body: inout Data) throws(Refusal) -> Bool {
        while true {
            switch phase {
            case .ended: return true
            case .bytes(let left):
                let count = append(input, &position, left, &body)
                phase = count == left ? .ended : .bytes(left: left - count)
                if count < left { return false }
            case .chunk(let left):
                let count = append(input, &position, left, &body)
                phase = count == left ? .chunkEnd : .chunk(left: left - count)
                if count < left { return false }
            case .chunkSize:
                guard let line = try line(input, &position) else { return false }
                try beginChunk(line)
            case .chunkEnd:
                guard input.count - position >= 2 else {
                    guard position == input.count || input[position] == 0x0D else {
                        throw .malformed("body", Self.unended)
                    }
                    return false
                }
                guard input[position] == 0x0D, input[position + 1] == 0x0A else {
                    throw .malformed("body", Self.unended)
                }
                position += 2
                phase = .chunkSize
            case .trailers:
                guard let line = try line(input, &position) else { return false }
                if line.isEmpty { phase = .ended } else { try checkTrailer(line) }
            }
        }
    }

    private static let unended = "has a chunk that does not end with its line"

    private func append(_ input: Bytes, _ position: inout Int, _ left: Int, _ body: inout Data) -> Int {
        let count = min(left, input.count - position)
        guard count > 0 else { return 0 }
        body.append(Bytes(rebasing: input[position..<position + count]))
        position += count
        return count
    }

    /// A line without its end; `nil` when it has not arrived whole.
    private mutating func line(_ input: Bytes, _ position: inout Int) throws(Refusal) -> Bytes? {
        let rest = Bytes(rebasing: input[position...].prefix(Self.maximumLine))
        guard let end = rest.firstIndex(of: 0x0A) else {
            guard rest.count < Self.maximumLine else {
                throw .malformed("body", "has a chunk size line that is too long")
            }
            return nil
        }
        guard end > 0, rest[end - 1] == 0x0D else { throw .malformed("body", "has a line that ends without CR") }
        position += end + 1
        return Bytes(rebasing: rest[..<(end - 1)])
    }

    private mutating func beginChunk(_ line: Bytes) throws(Refusal) {
        let digits = line.prefix { Syntax.hexadecimal($0) != nil }
        guard (1...16).contains(digits.count), let count = Int(Syntax.text(Bytes(rebasing: digits)), radix: 16) else {
            // Sixteen digits may be more than Int holds, and are more than any limit.
            if digits.count == 16 { throw tooLarge }
            throw .malformed("body", "has a chunk size that is not a number")
        }
        try checkExtension(Bytes(rebasing: line[digits.endIndex...]))
        guard count <= maximum - size else { throw tooLarge }
        size += count
        phase = count == 0 ? .trailers : .chunk(left: count)
    }

    private mutating func checkExtension(_ text: Bytes) throws(Refusal) {
        guard let first = text.first else { return }
        guard first == UInt8(ascii: ";"), text.allSatisfy(Syntax.isFieldValue) else {
            throw .malformed("body", "has a chunk size that is not a number")
        }
        try count(text)
    }

    private mutating func checkTrailer(_ line: Bytes) throws(Refusal) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0, line[..<colon].allSatisfy(Syntax.isToken),
            line[colon...].allSatisfy(Syntax.isFieldValue)
        else { throw .malformed("body", "has a trailer field that cannot be read") }
        try count(line)
    }

    private mutating func count(_ line: Bytes) throws(Refusal) {
        overhead += line.count + 2
        guard overhead <= Self.maximumOverhead else {
            throw .malformed("body", "has more than \(Self.maximumOverhead) bytes of extensions and trailers")
        }
    }
}
