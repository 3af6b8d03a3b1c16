import ServiceHost

/// A note on the board, in the colour that event storming gives its kind.
struct EventStormingNote {
    enum Kind: String, CaseIterable {
        case command, aggregate, event, policy, readModel, externalSystem, saga

        var colour: String {
            switch self {
            case .command: "#a6c8f0"
            case .aggregate: "#fff3a8"
            case .event: "#ffb74d"
            case .policy: "#d7b9f0"
            case .readModel: "#b5e0a8"
            case .externalSystem: "#f8bbd0"
            case .saga: "#e3d5f5"
            }
        }

        var title: String {
            switch self {
            case .command: "Command"
            case .aggregate: "Aggregate"
            case .event: "Event"
            case .policy: "Policy"
            case .readModel: "Read model"
            case .externalSystem: "External system"
            case .saga: "Saga"
            }
        }
    }
    let kind: Kind
    /// A small line above the text.
    let heading: String
    let text: String
    /// The height in rows; a saga needs two.
    var rows: Int { kind == .saga ? 2 : 1 }
}

extension EventStormingBoard.Lane {
    /// The notes in the order in which a board is read: causes, aggregates, effects.
    var columns: [[EventStormingNote]] {
        [
            service.policies.map {
                EventStormingNote(
                    kind: .policy, heading: "on " + EventStormingBoard.shortName(ofEvent: $0.event), text: $0.name)
            },
            commands.map { EventStormingNote(kind: .command, heading: "\($0.method) \($0.path)", text: $0.summary) },
            service.collections.map {
                EventStormingNote(kind: service.kind == .readModel ? .readModel : .aggregate, heading: "", text: $0)
            }
                + service.sagas.map { saga in
                    let steps = saga.steps.map { "\($0.name)\($0.isCompensated ? " ↩" : "")" }
                    return EventStormingNote(
                        kind: .saga, heading: saga.name + " saga", text: steps.joined(separator: ", "))
                },
            service.publishes.map {
                EventStormingNote(kind: .event, heading: "", text: EventStormingBoard.shortName(ofEvent: $0))
            },
            service.externalSystems.map { EventStormingNote(kind: .externalSystem, heading: "", text: $0) },
        ]
    }
}
