import Configuration
import ServiceHost

/// The event-storming board of the shop, as the services' own declarations have it: who is asked for what, what
/// happens then, and what follows from that.
struct StormBoard {
    struct Lane {
        let service: ServiceOutline
        /// Without those that are only passed on, and those for an operator.
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

    /// Of all services, as they are without any configuration.
    static func ofTheShop() throws -> StormBoard {
        let settings = try ShopSettings(
            ConfigurationReader(ConfigurationSource(yaml: "")), data: "data", defaultTransport: .direct)
        return StormBoard(try settings.outlines())
    }

    /// `OrderPaid` of `sambal.order.OrderPaid.v1`.
    static func shortName(ofEvent type: String) -> String {
        type.split(separator: ".").dropLast().last.map(String.init) ?? type
    }
}
