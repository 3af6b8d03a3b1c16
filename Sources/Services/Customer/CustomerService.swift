public import Configuration
import Contracts
import Kernel
public import Messaging
import REST
public import ServiceHost
public import Storage

/// Customers, how they are reached and where they want things to be delivered. All that it answers and listens to stands
/// on this page.
public struct CustomerService: ServiceDefinition {
    public static let name = "customer"
    public static let kind = ServiceKind.persistence
    public static let port = 8082
    public static let summary = "customers, their addresses and how to reach them"
    public static let publishes: [any EventPayload.Type] = [AddressConfirmed.self, AddressRejected.self]
    public static let migrations = [
        Migration(1, "customers", [.create(Customer.collection.schema)] + ServiceEnvironment.migrationSteps)
    ]

    /// The language of customers who chose none.
    private let language: Language

    public init(from section: Configuration) {
        language = section.choice("language", default: .english, help: "The language of customers who chose none.")
    }

    public func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let customers = Repository<Customer>(try context.database)
        let resource = RestResource(
            customers, item: "customer",
            searches: [
                .init("findByEmail", by: "email") { EmailAddress.normalised($0) ?? $0 },
                .init("findByName", by: "name"),
            ],
            writes: RestWrites(CustomerBody.self) { [language] body, id, stored in
                try body.customer(
                    id: id ?? context.identifiers.next("CUS-"), keeping: stored, defaultLanguage: language)
            })
        let confirming = AddressConfirming(context: context, customers: customers)

        return ServiceParts(
            routes: resource.routes
                + AddressRoutes(context: context, customers: customers, resource: resource).routes,
            handlers: [
                .on(StockReserved.self, "confirm the address") { try await confirming.confirm($0, in: $2) }
            ])
    }
}
