import ServiceHost

/// The event-storming board of the shop, drawn from the declarations of the services: commands, events and the policies
/// that follow them.
struct EventStormingBoard {
    struct Lane {
        let service: ServiceOutline
        /// The commands, except those that the gateway only passes on and those of operators.
        let commands: [ServiceOutline.Command]
        var isEmpty: Bool {
            commands.isEmpty && service.policies.isEmpty && service.publishes.isEmpty && service.collections.isEmpty
                && service.externalSystems.isEmpty
        }
    }
    let lanes: [Lane]

    init(_ services: [ServiceOutline]) {
        lanes = services.map { service in
            Lane(
                service: service,
                commands: service.commands.filter { !$0.path.hasSuffix("/**") && !$0.path.hasPrefix("/sagas/") })
        }.filter { !$0.isEmpty }
    }

    /// The board of all services.
    static var ofTheShop: EventStormingBoard { EventStormingBoard(Catalogue.outlines) }

    /// `OrderPaid` of `sambal.order.OrderPaid.v1`.
    static func shortName(ofEvent type: String) -> String {
        type.split(separator: ".").dropLast().last.map(String.init) ?? type
    }
}
