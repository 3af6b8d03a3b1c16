import Contracts
import HTTP
import Kernel
import REST
import ServiceHost
import Storage

/// Handles the commands that edit a customer's addresses, and shows what they came to.
struct EditAddressesHandler: Sendable {
    let context: ServiceEnvironment
    let customers: Repository<Customer>
    let resource: RestResource<Customer>

    func add(_ request: Request, _ command: AddAddress) async throws -> Response {
        let id: String = try request.parameter("id")
        let address = try command.address()
        let addressId = context.identifiers.next("ADR-")
        let customer = try await context.transaction(onConflict: .retry) { tx in
            guard var customer = try await customers.find(id, in: tx) else { throw Self.unknown(id) }
            try request.requireMatch(customer)
            guard customer.add(address, id: addressId, asDefault: command.isDefault == true) else {
                throw Problem(status: 422, detail: "A customer has at most \(Customer.mostAddresses) addresses")
            }
            return try await customers.update(customer, in: tx)
        }
        var response = try Response.json(customer.addresses.last, status: 201)
        response.headers.add("Location", resource.location(of: id, for: request) + "/addresses/" + addressId)
        return response
    }

    func show(_ request: Request) async throws -> Response {
        let (id, addressId) = try Self.ids(request)
        guard let customer = try await customers.find(id) else { throw Self.unknown(id) }
        guard let address = customer.addresses.first(where: { $0.id == addressId }) else {
            throw Problem.notFound("the address \(addressId)")
        }
        return try .json(address)
    }

    func remove(_ request: Request) async throws -> Response {
        _ = try await change(request) { $0.remove($1) }
        return Response(status: 204)
    }

    func makeDefault(_ request: Request) async throws -> Response {
        try resource.answer(with: try await change(request) { $0.makeDefault($1) }, to: request)
    }

    /// `step` tells whether the customer has such an address. What changes nothing makes no new version.
    private func change(
        _ request: Request, _ step: @escaping @Sendable (inout Customer, String) -> Bool
    ) async throws -> Customer {
        let (id, addressId) = try Self.ids(request)
        return try await context.transaction(onConflict: .retry) { tx in
            guard let customer = try await customers.find(id, in: tx) else { throw Self.unknown(id) }
            try request.requireMatch(customer)
            var changed = customer
            guard step(&changed, addressId) else { throw Problem.notFound("the address \(addressId)") }
            return changed == customer ? customer : try await customers.update(changed, in: tx)
        }
    }

    func deliveryDetails(_ request: Request) async throws -> Response {
        let id: String = try request.parameter("id")
        let owner = try request.headers[OrderScope.owner].map { key throws(Problem) in
            guard let owner = Principal(key: key) else { throw .invalid(OrderScope.owner, "must name a principal") }
            return owner
        }
        guard let customer = try await customers.find(id), customer.isFor(owner) else { throw Self.unknown(id) }
        guard let details = customer.deliveryDetails else {
            throw Problem(
                status: 422, title: "No address", detail: "The customer \(id) has no address",
                type: CustomerAPI.noAddress)
        }
        return try .json(details)
    }

    private static func ids(_ request: Request) throws -> (customer: String, address: String) {
        (try request.parameter("id"), try request.parameter("addressId"))
    }

    private static func unknown(_ id: String) -> Problem { .notFound("customer \(id)") }
}

/// The body of `POST /customers/{id}/addresses`.
struct AddAddress: Codable, Sendable {
    /// The person who takes it, if that is another than the customer.
    let recipient: String?
    let street: String
    let city: String
    let postalCode: String?
    /// ISO 3166-1 alpha-2.
    let country: String
    /// Whether deliveries go there from now on; those of the first address do in any case.
    let isDefault: Bool?

    /// Throws a 400 `Problem` that names every field that is wrong.
    func address() throws(Problem) -> Address {
        var errors = FieldErrors()
        errors.require(recipient, "recipient", length: 1...200)
        errors.require(street, "street", length: 1...300)
        errors.require(city, "city", length: 1...100)
        errors.require(postalCode, "postalCode", length: 1...20)
        errors.require(
            country.utf8.count == 2 && country.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) },
            "country", "must be two capital letters, for example ID")
        try errors.check()
        return Address(recipient: recipient, street: street, city: city, postalCode: postalCode, country: country)
    }
}
