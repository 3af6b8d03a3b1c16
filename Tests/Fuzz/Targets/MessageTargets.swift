import CRDKafka
import FoundationEssentials
import Kernel
import Messaging

@testable import Mail
@testable import MessagingKafka
@testable import Telemetry

extension FuzzTarget {
    static let messageTargets = [
        FuzzTarget(name: "record", read: readRecord),
        FuzzTarget(name: "mail", read: writeMail),
        FuzzTarget(name: "log", read: writeLog),
    ]
}

/// The input's parts between line ends are headers (`name:value`), up to an empty one; then comes the value.
///
/// An event that was read is sent and read as the same.
private func readRecord(_ bytes: [UInt8]) {
    let headers = rd_kafka_headers_new(8)!
    defer { rd_kafka_headers_destroy(headers) }
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
        let line = rest[..<end]
        rest = rest[(end + 1)...]
        if line.isEmpty { break }
        let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        // librdkafka takes names that end at a zero.
        let name = "ce_" + String(decoding: parts[0].filter { $0 != 0 }, as: UTF8.self)
        let value = parts.count > 1 ? Array(parts[1]) : []
        rd_kafka_header_add(headers, name, -1, value, value.count)
    }
    var hash = Int64(0)
    for byte in rest.prefix(8) { hash = hash << 8 | Int64(byte) }
    guard let event = CloudEvent(RecordHeaders(headers), key: "key", timestamp: hash, data: Data(rest)) else { return }
    let sent = event.makeHeaders()!
    defer { rd_kafka_headers_destroy(sent) }
    let again = CloudEvent(RecordHeaders(sent), key: event.subject, timestamp: 0, data: event.data)
    precondition(again == event, "an event reads back as another")
}

/// Whatever is in a subject, an address or an id: the header has the lines that it should have, and none is too long.
private func writeMail(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    let address = parts.lazy.compactMap(MailAddress.init).first ?? MailAddress("shop@example.org")!
    let mail = Mail(
        id: parts[0], from: address, to: address, subject: parts.last!, text: parts[0],
        html: parts.count > 2 ? parts[2] : nil, date: Timestamp(milliseconds: Int64(bytes.count) * 86_400_123))
    let text = mail.bytes
    precondition(text.allSatisfy { $0 < 0x80 && ($0 >= 0x20 || $0 == 0x0D || $0 == 0x0A) }, "a mail that is not ASCII")
    let lines = String(decoding: text, as: UTF8.self).utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    precondition(lines.dropLast().allSatisfy { $0.last == 0x0D }, "a line ends without CR")
    precondition(lines.allSatisfy { line in line.dropLast().allSatisfy { $0 != 0x0D } }, "CR stands within a line")
    let header = lines.prefix { $0.count > 1 }
    let names = header.filter { $0.first != 0x20 }.map { String(Substring($0.prefix { $0 != UInt8(ascii: ":") })) }
    let expected = [
        "Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type",
    ]
    precondition(names.starts(with: expected) && names.count <= expected.count + 1, "a header has other fields")
}

/// A record is one line, and one JSON object, whatever is in it.
private func writeLog(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    let record = LogRecord(
        time: Timestamp(milliseconds: 1), level: .info, service: "order", message: parts[0],
        metadata: ["path": .string(parts.last!), "error": .string(parts[parts.count / 2])])
    let line = JSONLine(record).text
    precondition(line.utf8.filter { $0 == 0x0A }.count == 1 && line.utf8.last == 0x0A, "a record of two lines")
    guard let read = try? JSON.decode([String: JSONDocument].self, from: Data(line.utf8)) else {
        fatalError("a record is not JSON")
    }
    precondition(read["message"] != nil)
    let text = TextLine(record).text
    precondition(text.utf8.filter { $0 < 0x20 || $0 == 0x7F }.count == 1, "control characters reach the terminal")
    let metrics = MetricsRegistry()
    metrics.counter("requests_total", help: "Requests.", labels: ["path"]).labelled(parts[0]).increment()
    let lines = metrics.render().split(separator: "\n")
    precondition(lines.allSatisfy { $0.hasPrefix("#") || $0.hasPrefix("requests_total{") }, "a metric of two lines")
}
