import ServiceHost

/// The board as a drawing: a lane for each service, its notes in columns.
extension EventStormingBoard {
    private enum Size {
        static let title = 150
        static let note = (width: 168, height: 66)
        static let gap = 8
        /// How many notes stand side by side in each column of a lane.
        static let columns = [2, 3, 1, 2, 1]
        static let letters = 27
        static var width: Int { title + columns.reduce(0, +) * (note.width + gap) + columns.count * 2 * gap }
    }

    var svg: String {
        var body = legend
        var top = 84
        for lane in lanes {
            let drawing = draw(lane, top: top)
            body += drawing.text
            top += drawing.height + Size.gap
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Size.width) \(top)" \
            font-family="Helvetica, Arial, sans-serif">
            <title>Event storming board of Sambal</title>
            <rect width="\(Size.width)" height="\(top)" fill="#ffffff"/>
            \(body)</svg>

            """
    }

    private var legend: String {
        var text = """
            <text x="16" y="34" font-size="20" font-weight="bold" fill="#222">Event storming: Sambal</text>

            """
        for (index, kind) in EventStormingNote.Kind.allCases.enumerated() {
            let x = 16 + index * 150
            text += """
                <rect x="\(x)" y="50" width="16" height="16" fill="\(kind.colour)" stroke="#777"/>\
                <text x="\(x + 22)" y="63" font-size="12" fill="#222">\(kind.title)</text>

                """
        }
        return text
    }

    private func draw(_ lane: Lane, top: Int) -> (text: String, height: Int) {
        let columns = lane.columns
        let rows = zip(columns, Size.columns).map { ($0.reduce(0) { $0 + $1.rows } + $1 - 1) / $1 }.max() ?? 1
        let height = max(rows, 1) * (Size.note.height + Size.gap) + Size.gap
        var text = """
            <rect x="8" y="\(top)" width="\(Size.width - 16)" height="\(height)" fill="#f6f6f4" stroke="#ddd"/>
            <text x="20" y="\(top + 26)" font-size="15" font-weight="bold" fill="#222">\(lane.service.name)</text>
            <text x="20" y="\(top + 44)" font-size="11" fill="#666">\(lane.service.kind.rawValue)</text>

            """
        var left = Size.title
        for (notes, width) in zip(columns, Size.columns) {
            var index = 0
            for note in notes {
                defer { index += note.rows }
                text += draw(
                    note, x: left + (index % width) * (Size.note.width + Size.gap),
                    y: top + Size.gap + (index / width) * (Size.note.height + Size.gap))
            }
            left += width * (Size.note.width + Size.gap) + 2 * Size.gap
        }
        return (text, height)
    }

    private func draw(_ note: EventStormingNote, x: Int, y: Int) -> String {
        let heading = note.heading.count > 29 ? note.heading.prefix(28) + "…" : note.heading
        var lines = heading.isEmpty ? [] : [(text: heading, size: 10)]
        let height = note.rows * (Size.note.height + Size.gap) - Size.gap
        lines += Self.wrapped(note.text, Size.letters).prefix(height / 14 - lines.count).map { (text: $0, size: 11) }
        var text = """
            <rect x="\(x)" y="\(y)" width="\(Size.note.width)" height="\(height)" \
            fill="\(note.kind.colour)" stroke="#999"><title>\(Self.escaped(note.heading + " " + note.text))</title></rect>

            """
        for (index, line) in lines.enumerated() {
            text += """
                <text x="\(x + 6)" y="\(y + 15 + index * 14)" font-size="\(line.size)" fill="#222">\
                \(Self.escaped(line.text))</text>

                """
        }
        return text
    }

    /// The text in lines of a limited length, broken between words.
    static func wrapped(_ text: String, _ letters: Int) -> [String] {
        text.split(separator: " ").reduce(into: [String]()) { lines, word in
            if let last = lines.last, last.count + 1 + word.count <= letters {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
