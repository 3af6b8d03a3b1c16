import Kernel

/// Draws a load test, and an earlier one beneath it, as one HTML page without scripts.
struct LoadPage: Sendable {
    let report: LoadReport
    let earlier: LoadReport?

    var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Load test of \(Self.escaped(report.startedAt))</title>
        <style>
        :root { color-scheme: light dark; font-family: system-ui, sans-serif; }
        body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
        figure { margin: 2rem 0; }
        svg { width: 100%; height: auto; }
        svg text { font-size: 11px; fill: currentColor; }
        .axis { stroke: currentColor; stroke-opacity: .2; }
        .a { fill: none; stroke: #2b6cb0; stroke-width: 2; }
        .b { fill: none; stroke: #c05621; stroke-width: 2; }
        .earlier { stroke-opacity: .35; stroke-dasharray: 4 3; }
        pre { overflow-x: auto; }
        </style>
        </head>
        <body>
        <h1>Load test</h1>
        <p>\(Self.escaped(summary))</p>
        \(chart("Answers a second", unit: "/s", ("answered", { Double($0.successes) }), ("failed", { Double($0.failures) })))
        \(chart("Latency", unit: " ms", ("p50", { Self.milliseconds($0.p50) }), ("p99", { Self.milliseconds($0.p99) })))
        <pre>\(Self.escaped(report.text))</pre>
        </body>
        </html>

        """
    }

    private var summary: String {
        let kind = "\(report.model) model, \(report.mix), \(LoadUnits.decimal(report.elapsed)) s"
        let other = earlier.map { " Dashed: the run of \($0.startedAt)." } ?? ""
        return "\(report.startedAt), Sambal \(report.version): \(kind).\(other)"
    }

    private static let (width, height, left, bottom) = (860.0, 240.0, 60.0, 20.0)

    private typealias Line = (name: String, value: (LoadReport.Second) -> Double?)

    private func chart(_ title: String, unit: String, _ first: Line, _ second: Line) -> String {
        let runs = [earlier, report].compactMap(\.self)
        let longest = max(runs.map(\.seconds.count).max() ?? 1, 2)
        let values = runs.flatMap { run in run.seconds.flatMap { [first.value($0), second.value($0)] } }
        let top = max(values.compactMap(\.self).max() ?? 1, 1)
        var lines = ""
        for run in runs {
            let style = run.startedAt == report.startedAt ? "" : " earlier"
            for (line, colour) in [(first, "a"), (second, "b")] {
                lines += Self.path(run.seconds.map(line.value), longest: longest, top: top, class: colour + style)
            }
        }
        let marks = [0, 0.5, 1].map { share in
            let y = Self.decimal(Self.height - Self.bottom - share * (Self.height - 2 * Self.bottom))
            return #"<line class="axis" x1="\#(Self.left)" x2="\#(Self.width)" y1="\#(y)" y2="\#(y)"/>"#
                + #"<text x="0" y="\#(y)">\#(LoadUnits.decimal(top * share))\#(unit)</text>"#
        }.joined()
        return """
            <figure>
            <figcaption>\(title): \(first.name) (blue), \(second.name) (orange)</figcaption>
            <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img" aria-label="\(title) over \(longest) seconds">
            \(marks)<text x="\(Self.left)" y="\(Self.height - 4)">0 s</text>
            <text x="\(Self.width - 40)" y="\(Self.height - 4)">\(longest) s</text>
            \(lines)</svg>
            </figure>
            """
    }

    /// One polyline for each stretch that has values: a second without an answer leaves a gap.
    private static func path(_ values: [Double?], longest: Int, top: Double, class style: String) -> String {
        var (stretches, points) = ([[String]](), [String]())
        for (second, value) in values.enumerated() {
            guard let value else {
                stretches.append(points)
                points = []
                continue
            }
            let x = left + Double(second) / Double(longest - 1) * (width - left)
            let y = height - bottom - value / top * (height - 2 * bottom)
            points.append("\(decimal(x)),\(decimal(y))")
        }
        stretches.append(points)
        return stretches.filter { !$0.isEmpty }.map { points in
            #"<polyline class="\#(style)" points="\#(points.joined(separator: " "))"/>"# + "\n"
        }.joined()
    }

    private static func decimal(_ value: Double) -> String { LoadUnits.decimal(value, 1) }

    private static func milliseconds(_ microseconds: Int64?) -> Double? { microseconds.map { Double($0) / 1000 } }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }
}
