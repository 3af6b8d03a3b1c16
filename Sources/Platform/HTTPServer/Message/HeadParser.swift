import Glibc
import HTTP

/// Reads a request line and the fields after it (RFC 9112 §2 to §6), line by line as they arrive, and refuses what two
/// readers could take differently: lines that end without CR, folded lines, blanks before a colon, a length that is said
/// twice, other transfer codings than chunked.
struct HeadParser {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    private(set) var head = RequestHead()
    private let maximumBytes: Int
    private let maximumFields: Int
    private let maximumQueryItems: Int
    private var bytes = 0
    /// Bytes of the line that has not ended in which no end was found.
    private var searched = 0
    private var fields = 0
    private var emptyLines = 0
    private var hasRequestLine = false
    private var lengths = 0
    private var length = 0
    private var codings = 0
    private var hosts = 0

    init(limits: HTTPLimits) {
        maximumBytes = limits.maximumHeader
        maximumFields = limits.maximumFields
        maximumQueryItems = limits.maximumQueryItems
    }

    /// Whether nothing of a request has arrived yet.
    var isEmpty: Bool { bytes == 0 && searched == 0 }

    /// Takes whole lines from `position` on, and moves it behind them. `true` when the head has ended.
    mutating func take(_ input: Bytes, _ position: inout Int) throws(Refusal) -> Bool {
        while true {
            guard let end = Self.lineEnd(input, from: position + searched) else {
                searched = input.count - position
                try checkSize(bytes + searched)
                if !hasRequestLine { try checkStart(input, position) }
                return false
            }
            let start = position
            bytes += end + 1 - start
            searched = 0
            position = end + 1
            try checkSize(bytes)
            guard end > start, input[end - 1] == 0x0D else {
                throw .malformed("header", "has a line that ends without a carriage return")
            }
            let line = Bytes(rebasing: input[start..<end - 1])
            if !line.isEmpty {
                if hasRequestLine { try readField(line) } else { try readRequestLine(line) }
            } else if hasRequestLine {
                try finish()
                return true
            } else {
                // RFC 9112 §2.2: one that an old client sends behind a body.
                emptyLines += 1
                guard emptyLines == 1 else { throw .malformed("request line", "follows empty lines") }
            }
        }
    }

    private static func lineEnd(_ input: Bytes, from start: Int) -> Int? {
        guard start < input.count, let base = input.baseAddress,
            let found = memchr(base + start, 0x0A, input.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    private func checkSize(_ size: Int) throws(Refusal) {
        guard size > maximumBytes else { return }
        throw hasRequestLine
            ? Refusal(431, "The header is larger than \(maximumBytes) bytes")
            : Refusal(414, "The request line is larger than \(maximumBytes) bytes")
    }

    /// Refuses a text that is no HTTP at all before the end of its line has come.
    private func checkStart(_ input: Bytes, _ position: Int) throws(Refusal) {
        guard position < input.count, input[position] != 0x0D else { return }
        guard Syntax.isToken(input[position]) else { throw .malformed("method", "is missing") }
    }

    // MARK: The request line

    private mutating func readRequestLine(_ line: Bytes) throws(Refusal) {
        hasRequestLine = true
        guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20), first < last else {
            throw .malformed("request line", "must be a method, a target and a version")
        }
        let method = Bytes(rebasing: line[..<first])
        guard !method.isEmpty, method.allSatisfy(Syntax.isToken) else { throw .malformed("method", "is not a word") }
        guard method.count <= 32 else { throw Refusal(501, "There is no such method") }
        try readVersion(Bytes(rebasing: line[(last + 1)...]))
        head.method = HTTPMethod(rawValue: Syntax.text(method))
        let target = try RequestTarget(
            Bytes(rebasing: line[(first + 1)..<last]), method: head.method, maximumQueryItems: maximumQueryItems)
        (head.path, head.query, head.host) = (target.path, target.query, target.authority)
    }

    private mutating func readVersion(_ version: Bytes) throws(Refusal) {
        let text = Syntax.text(version)
        guard version.count == 8, text.hasPrefix("HTTP/"), Syntax.isDigit(version[5]),
            version[6] == UInt8(ascii: "."), Syntax.isDigit(version[7])
        else { throw .malformed("request line", "does not end with a version of HTTP") }
        guard version[5] == UInt8(ascii: "1") else { throw Refusal(505, "This server speaks HTTP/1.1") }
        head.isVersion10 = version[7] == UInt8(ascii: "0")
        head.closes = head.isVersion10
    }

    // MARK: Fields

    private mutating func readField(_ line: Bytes) throws(Refusal) {
        fields += 1
        guard fields <= maximumFields else { throw Refusal(431, "There are more than \(maximumFields) header fields") }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw .malformed("header", "has a field without a colon")
        }
        let name = Bytes(rebasing: line[..<colon])
        // A blank at the beginning folds a line, one before the colon hides a name: both are read differently by others.
        guard !name.isEmpty, name.allSatisfy(Syntax.isToken) else {
            throw .malformed("header", "has a field whose name is not a word")
        }
        let value = Syntax.trimmed(Bytes(rebasing: line[(colon + 1)...]))
        guard value.allSatisfy(Syntax.isFieldValue) else {
            throw .malformed(Syntax.text(name), "contains control characters")
        }
        try readFraming(name, value)
        head.headers.add(Syntax.text(name), Syntax.text(value))
    }

    private mutating func readFraming(_ name: Bytes, _ value: Bytes) throws(Refusal) {
        switch name.count {
        case 4 where Syntax.isName(name, "host"): try readHost(value)
        case 6 where Syntax.isName(name, "expect"): try readExpectation(value)
        case 10 where Syntax.isName(name, "connection"): readConnection(value)
        case 14 where Syntax.isName(name, "content-length"): try readLength(value)
        case 17 where Syntax.isName(name, "transfer-encoding"): try readCoding(value)
        default: break
        }
    }

    private mutating func readHost(_ value: Bytes) throws(Refusal) {
        hosts += 1
        guard hosts == 1 else { throw .malformed("Host", "is sent twice") }
        guard Authority.isValid(value) else { throw .malformed("Host", "is not a name or address with a port") }
        if head.host == nil { head.host = Syntax.text(value) }
    }

    private mutating func readExpectation(_ value: Bytes) throws(Refusal) {
        guard Syntax.isName(value, "100-continue") else { throw Refusal(417, "Only 100-continue can be expected") }
        head.expectsContinue = true
    }

    private mutating func readConnection(_ value: Bytes) {
        for option in value.split(separator: UInt8(ascii: ",")) {
            let option = Syntax.trimmed(Bytes(rebasing: option))
            if Syntax.isName(option, "close") { head.closes = true }
            if Syntax.isName(option, "keep-alive"), head.isVersion10 { head.closes = false }
        }
    }

    private mutating func readLength(_ value: Bytes) throws(Refusal) {
        lengths += 1
        guard lengths == 1 else { throw .malformed("Content-Length", "is sent twice") }
        guard !value.isEmpty, value.allSatisfy(Syntax.isDigit) else {
            throw .malformed("Content-Length", "is not a number")
        }
        // What does not fit is larger than any limit.
        length = Int(Syntax.text(value)) ?? .max
    }

    private mutating func readCoding(_ value: Bytes) throws(Refusal) {
        codings += 1
        guard codings == 1, !value.isEmpty else { throw .malformed("Transfer-Encoding", "must be one coding") }
        if Syntax.isName(value, "chunked") { return }
        let words = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
            Syntax.trimmed(Bytes(rebasing: $0))
        }
        guard words.filter({ Syntax.isName($0, "chunked") }).count <= 1,
            words.allSatisfy({
                !$0.isEmpty && $0.allSatisfy { Syntax.isToken($0) || Syntax.isSpace($0) || $0 == 0x3B || $0 == 0x3D }
            })
        else { throw .malformed("Transfer-Encoding", "cannot be read") }
        throw Refusal(501, "Only the transfer coding chunked is known here")
    }

    // MARK: The end

    private mutating func finish() throws(Refusal) {
        guard codings == 0 || lengths == 0 else {
            throw .malformed("Content-Length", "is sent beside Transfer-Encoding")
        }
        guard !head.isVersion10 || codings == 0 else {
            throw .malformed("Transfer-Encoding", "is not known to HTTP/1.0")
        }
        guard hosts == 1 || head.isVersion10 else { throw .malformed("Host", "is missing") }
        if let host = head.host, head.headers["Host"] != host { head.headers["Host"] = host }
        head.body = codings > 0 ? .chunked : length > 0 ? .length(length) : .none
    }
}

/// A request line and its fields, checked.
struct RequestHead {
    enum Body: Equatable {
        case none
        case length(Int)
        case chunked
    }
    var method = HTTPMethod(rawValue: "")
    /// As it came, still percent-encoded; it contains no dot segments.
    var path = "/"
    var query = ""
    var isVersion10 = false
    var headers = Headers()
    /// The host of the target if that is absolute, else of the field.
    var host: String?
    var body = Body.none
    /// The connection ends with the answer.
    var closes = false
    /// The client waits for `100 Continue` before it sends the body.
    var expectsContinue = false
}
