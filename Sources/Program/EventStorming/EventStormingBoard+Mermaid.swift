import ServiceHost

/// The board as a Mermaid flow chart, with arrows from causes to effects.
extension EventStormingBoard {
    var mermaid: String {
        var lines = ["flowchart LR"]
        var ids: [String: String] = [:]
        func id(_ key: String) -> String {
            if let known = ids[key] { return known }
            let made = "n\(ids.count)"
            ids[key] = made
            return made
        }
        func node(_ key: String, _ text: String, _ kind: EventStormingNote.Kind) -> String {
            "    \(id(key))[\"\(Self.escaped(text))\"]:::\(kind.rawValue)"
        }
        for lane in lanes {
            let service = lane.service
            let heart = service.name + " "
            lines.append("  subgraph \(service.name)")
            lines += lane.commands.map {
                node("\(service.name) \($0.method) \($0.path)", "\($0.method) \($0.path)", .command)
            }
            let collections = service.collections.isEmpty ? service.name : service.collections.joined(separator: "\n")
            lines.append(node(heart, collections, service.kind == .readModel ? .readModel : .aggregate))
            lines += service.sagas.map { saga in
                node(
                    "\(service.name) saga \(saga.name)",
                    "\(saga.name) saga:\n"
                        + saga.steps.map { "\($0.name) (\($0.participant))" }.joined(separator: "\n"),
                    .saga)
            }
            lines += policies(of: lane).map { node("\(service.name) policy \($0)", $0, .policy) }
            lines += service.publishes.map { node($0, Self.shortName(ofEvent: $0), .event) }
            lines.append("  end")
            lines += service.externalSystems.map { node("outside " + $0, $0, .externalSystem) }
        }
        for lane in lanes {
            let service = lane.service
            let heart = id(service.name + " ")
            lines += lane.commands.map { "  \(id("\(service.name) \($0.method) \($0.path)")) --> \(heart)" }
            lines += service.publishes.map { "  \(heart) --> \(id($0))" }
            lines += policies(of: lane).map { "  \(id("\(service.name) policy \($0)")) --> \(heart)" }
            lines += service.policies.map { "  \(id($0.event)) -.-> \(id("\(service.name) policy \($0.name)"))" }
            lines += service.externalSystems.map { "  \(heart) --> \(id("outside " + $0))" }
            lines += service.sagas.map { "  \(heart) --- \(id("\(service.name) saga \($0.name)"))" }
        }
        lines += EventStormingNote.Kind.allCases.map {
            "  classDef \($0.rawValue) fill:\($0.colour),stroke:#555,color:#111"
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The names of the policies, each once, in the order of declaration.
    private func policies(of lane: Lane) -> [String] {
        lane.service.policies.map(\.name).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\"", with: "#quot;").replacing("\n", with: "<br/>")
    }
}
