public import Configuration
import Contracts
public import HTTP
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
        Migration(
            1, "customers",
            [.create(Customer.collection.schema.without(Ownership.fields))] + ServiceEnvironment.migrationSteps),
        Migration(2, "whose a record is", Ownership.steps(of: Customer.collection.schema)),
    ]

    /// The language of customers who chose none.
    private let language: Language

    public init(from section: Configuration) {
        language = section.choice("language", default: .english, help: "The language of customers who chose none.")
    }

    public func parts(_ context: ServiceEnvironment) throws -> CustomerParts { try CustomerParts(context, language) }
}

extension CustomerService {
    static let customers = ResourceDeclaration<Customer>(
        "customer",
        searches: [
            .init("findByEmail", by: "email") { EmailAddress.normalised($0) ?? $0 },
            .init("findByName", by: "name"),
        ], visibility: .owned(by: \.owner), writes: CustomerBody.self)

    private static let all: [RouteDeclaration<CustomerParts>] =
        customers.routes { $0.resource } + addresses.map { $0.about(\.resource) }

    public static let routes =
        all
        .notAuditingWrites(because: "personal data, which must be erasable and does not belong into a log that is kept")

    private static let addressPath = CustomerAPI.path + "/{id}/addresses"
    private static let addresses: [RouteDeclaration<CustomerParts>] = [
        .post(
            addressPath, summary: "Adds an address", body: AddAddress.self, answers: CustomerAddress.self,
            statuses: [201, 404, 422]
        ) { try await $0.addresses.add($1, $2) },
        .get(
            addressPath + "/{addressId}", summary: "Shows an address", answers: CustomerAddress.self,
            statuses: [200, 404]
        ) { try await $0.addresses.show($1) },
        .delete(
            addressPath + "/{addressId}", summary: "Removes an address", statuses: [204, 404]
        ) { try await $0.addresses.remove($1) },
        RouteDeclaration(
            .put, addressPath + "/{addressId}/default", summary: "Lets deliveries go to an address",
            answers: Customer.self, statuses: [200, 404]
        ) { try await $0.addresses.makeDefault($1) }
        .produces(HAL.contentType),
        .get(
            CustomerAPI.deliveryPath(customerId: "{id}"), summary: "Says how a customer is reached and delivered to",
            answers: DeliveryDetails.self, statuses: [200, 404, 422]
        ) { try await $0.addresses.deliveryDetails($1) },
    ]

    public static let policies: [Policy<CustomerParts>] = [
        .on(StockReserved.self, "confirm the address") { try await $0.confirming.confirm($1, in: $3) }
    ]
}

/// The objects that routes and policies of the service call.
public final class CustomerParts: Sendable {
    let resource: RestResource<Customer>
    let addresses: EditAddressesHandler
    let confirming: AddressConfirming

    init(_ context: ServiceEnvironment, _ language: Language) throws {
        let customers = Repository<Customer>(try context.database)
        resource = RestResource(
            customers, CustomerService.customers,
            writes: RestWrites(CustomerBody.self) { body, id, stored in
                try body.customer(
                    id: id ?? context.identifiers.next("CUS-"), keeping: stored, defaultLanguage: language)
            })
        addresses = EditAddressesHandler(context: context, customers: customers, resource: resource)
        confirming = AddressConfirming(context: context, customers: customers)
    }
}
