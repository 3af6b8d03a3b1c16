/// The parts of a story that it can do without: shrinking leaves out all that a failure does not need.
extension Story {
    enum Element: Sendable, Hashable, CustomStringConvertible {
        case fault(String)
        case setting(Setting)
        case death(Int, Death)
        case act(plot: Int, Int, Act)
        case plot(Int, Plot)
        case latency, lostAnswers

        var description: String {
            switch self {
            case .fault(let line): "fault \(line)"
            case .setting(let setting): "\(setting.section): \(setting.line)"
            case .death(_, let death):
                "\(death.service) dies \(death.place) (\(death.ending)), back after \(death.downtime)"
            case .act(let plot, _, let act):
                "buyer \(plot + 1): \(act.kind) after \(act.after)" + (act.copies > 1 ? ", \(act.copies) times" : "")
            case .plot(let number, let plot): "buyer \(number + 1): \(plot.purchase) at \(plot.begins)"
            case .latency: "messages take their time"
            case .lostAnswers: "answers are lost"
            }
        }
    }

    /// In a fixed order, so that an index names one.
    var elements: [Element] {
        var elements = faults.map { Element.fault($0) } + settings.map { .setting($0) }
        if latency > .zero { elements.append(.latency) }
        if lostAnswers > 0 { elements.append(.lostAnswers) }
        elements += deaths.enumerated().map { .death($0.offset, $0.element) }
        for (number, plot) in plots.enumerated() {
            elements.append(.plot(number, plot))
            elements += plot.acts.enumerated().map { .act(plot: number, $0.offset, $0.element) }
        }
        return elements
    }

    /// Without the elements of those indices. A buyer who does not buy stays where he was, so that the others keep
    /// their numbers.
    func without(_ indices: Set<Int>) -> Story {
        let gone = Set(elements.enumerated().filter { indices.contains($0.offset) }.map(\.element))
        var story = self
        story.faults.removeAll { gone.contains(.fault($0)) }
        story.settings.removeAll { gone.contains(.setting($0)) }
        if gone.contains(.latency) { story.latency = .zero }
        if gone.contains(.lostAnswers) { story.lostAnswers = 0 }
        story.deaths = deaths.enumerated().filter { !gone.contains(.death($0.offset, $0.element)) }.map(\.element)
        for (number, plot) in plots.enumerated() {
            story.plots[number].acts = plot.acts.enumerated()
                .filter { !gone.contains(.act(plot: number, $0.offset, $0.element)) }.map(\.element)
            story.plots[number].isSilent = gone.contains(.plot(number, plot))
        }
        return story
    }
}
