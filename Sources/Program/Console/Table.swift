import FoundationEssentials
import Kernel

/// The format in which a command shows a list.
enum OutputFormat: String, Sendable, CaseIterable {
    case table
    /// One JSON array of objects, for scripts.
    case json
}

/// Rows of named columns, shown as aligned text or as JSON.
struct Table {
    struct Column {
        let title: String
        /// The member's name in JSON.
        let key: String
        /// Whether the column may be cut if the terminal is too narrow.
        let isFlexible: Bool
        /// Whether the column has a status, which is coloured at a terminal.
        let isStatus: Bool

        init(_ title: String, key: String? = nil, isFlexible: Bool = false, isStatus: Bool = false) {
            self.title = title
            self.key = key ?? title.lowercased()
            self.isFlexible = isFlexible
            self.isStatus = isStatus
        }
    }
    private let columns: [Column]
    private var rows: [[String?]] = []

    init(_ columns: [Column]) { self.columns = columns }

    init(_ titles: String...) { columns = titles.map { Column($0) } }

    /// `nil` is shown as `-`, and is null in JSON.
    mutating func add(_ cells: String?...) { rows.append(cells) }

    mutating func add(cells: [String?]) { rows.append(cells) }

    var text: String { text(width: Console.width, hasColours: Console.hasColours) }

    func rendered(as format: OutputFormat) throws -> String {
        switch format {
        case .table: text
        case .json: try json
        }
    }

    /// `width` is that of the terminal; with none nothing is cut.
    func text(width: Int?, hasColours: Bool = false) -> String {
        let cells = [columns.map(\.title)] + rows.map { row in row.map { Printable.text($0 ?? "-") } }
        var widths = columns.indices.map { column in
            cells.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        if let width {
            let room = width - 2 * (columns.count + 1)
            shrink(&widths, to: room)
            if widths.reduce(0, +) > room, cells.count > 1 { return stacked(Array(cells.dropFirst()), hasColours) }
        }
        return cells.enumerated().map { number, row in
            let parts = zip(zip(row, widths), columns).map { cell, column in
                let text = Help.padded(Self.cut(cell.0, to: cell.1), cell.1)
                return hasColours && column.isStatus && number > 0 ? Self.coloured(text) : text
            }
            var line = "  " + parts.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    /// One line for each cell, where a row does not fit into a line; the terminal wraps what is longer.
    private func stacked(_ rows: [[String]], _ hasColours: Bool) -> String {
        let width = columns.map(\.title.count).max() ?? 0
        return rows.map { row in
            zip(columns, row).map { column, cell in
                let text = hasColours && column.isStatus ? Self.coloured(cell) : cell
                return "  \(Help.padded(column.title, width))  \(text)\n"
            }.joined()
        }.joined(separator: "\n")
    }

    private static let good: Set = ["ok", "ready", "running", "completed", "succeeded", "resolved", "closed"]
    private static let bad: Set = ["failed", "parked", "unready", "open", "dead", "fault"]

    /// Green for what is well, red for what needs a person, and nothing for the rest (SGR of ECMA-48).
    private static func coloured(_ text: String) -> String {
        let word = text.prefix { $0 != " " }.lowercased()
        guard good.contains(word) || bad.contains(word) else { return text }
        return "\u{1B}[\(good.contains(word) ? 32 : 31)m\(text)\u{1B}[0m"
    }

    /// Shrinks the flexible columns, the widest first, but never below their titles.
    private func shrink(_ widths: inout [Int], to total: Int) {
        var excess = widths.reduce(0, +) - total
        while excess > 0 {
            let candidates = columns.indices.filter {
                columns[$0].isFlexible && widths[$0] > max(columns[$0].title.count, 8)
            }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
            excess -= 1
        }
    }

    private static func cut(_ text: String, to width: Int) -> String {
        text.count > width ? text.prefix(max(0, width - 1)) + "…" : text
    }

    private var json: String {
        get throws {
            let objects = try rows.map { row in
                let members = try zip(columns, row).map { column, cell in
                    try Self.json(column.key) + ":" + (cell.map(Self.json) ?? "null")
                }
                return "{" + members.joined(separator: ",") + "}"
            }
            return "[" + objects.joined(separator: ",\n ") + "]\n"
        }
    }

    private static func json(_ text: String) throws -> String { String(decoding: try JSON.encode(text), as: UTF8.self) }
}
