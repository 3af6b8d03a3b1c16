/// A progress bar; if the output is no terminal, only its end is written.
struct ProgressBar {
    let title: String
    let total: Int
    private var drawn = -1

    init(_ title: String, total: Int) {
        self.title = title
        self.total = max(1, total)
    }

    mutating func show(_ done: Int) {
        let percent = min(100, done * 100 / total)
        guard percent != drawn, Console.isTerminal || percent == 100 else { return }
        drawn = percent
        let filled = percent * 30 / 100
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        Console.write(
            (Console.isTerminal ? "\r" : "") + "  \(title) \(bar) \(done)/\(total)" + (percent == 100 ? "\n" : ""))
    }
}
