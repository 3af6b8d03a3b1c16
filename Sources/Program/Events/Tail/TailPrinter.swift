import FoundationEssentials
import Kernel
import Messaging

/// The output of a tail.
enum TailPrinter: Sendable {
    /// One line per event, in the JSON format of CloudEvents.
    case json
    case table

    init?(_ name: String) {
        switch name {
        case "json": self = .json
        case "table": self = .table
        default: return nil
        }
    }

    func begin() {
        if self == .table { Console.write(Self.row("TIME", "TYPE", "KEY", "VERSION", "DATA")) }
    }

    func print(_ event: CloudEvent) {
        switch self {
        case .json: Console.write(Self.line(event))
        case .table:
            Console.write(
                Self.row(
                    event.time.description, EventStormingBoard.shortName(ofEvent: event.type), event.subject,
                    String(event.sequence), String(decoding: event.data, as: UTF8.self)))
        }
    }

    private static func row(_ cells: String...) -> String {
        let padded = zip(cells, [24, 22, 36, 7, 0]).map { Help.padded(Printable.text($0), $1) }
        return "  " + padded.joined(separator: "  ") + "\n"
    }

    private struct Attributes: Encodable {
        let specversion = "1.0"
        let id: String
        let source: String
        let type: String
        let subject: String
        let time: Timestamp
        let sequence: Int64
        let traceparent: String?
        let datacontenttype = "application/json"
    }

    /// Adds the data unchanged: numbers and the order of members are the publisher's.
    private static func line(_ event: CloudEvent) -> String {
        let attributes = Attributes(
            id: event.id, source: event.source, type: event.type, subject: event.subject, time: event.time,
            sequence: event.sequence, traceparent: event.traceparent)
        guard let head = try? JSON.encode(attributes) else { return "" }
        let isLine = !event.data.isEmpty && !event.data.contains(UInt8(ascii: "\n"))
        let data = isLine ? event.data : (try? JSON.encode(String(decoding: event.data, as: UTF8.self))) ?? Data()
        return String(decoding: head.dropLast() + Data(#","data":"#.utf8) + data + Data("}\n".utf8), as: UTF8.self)
    }
}
