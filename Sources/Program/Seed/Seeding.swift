import Contracts
import FoundationEssentials
import HTTP
import HTTPClient
import Kernel

/// Fills the catalogue and the customers of a shop. A second run changes nothing, since each request is idempotent.
struct Seeding: Sendable {
    let client: HTTPClient
    let product: String
    let customer: String
    let branches: Int
    /// The stock of each product at each branch.
    let pieces: Int

    func run() async throws {
        for (index, sauce) in SeedCatalogue.sauces.enumerated() {
            let sauceId = Int64(index + 1)
            _ = try await client.ask(
                .put, "\(product)/products/\(sauceId)",
                Product(sauceId: sauceId, name: sauce.name, description: sauce.description, price: sauce.price))
            for branch in 1...Int64(branches) {
                _ = try await client.ask(
                    .post, "\(product)/stocks/adjustments",
                    Adjustment(branchId: branch, sauceId: sauceId, change: Int64(pieces), reason: "seed"),
                    headers: ["Idempotency-Key": "seed-\(branch)-\(sauceId)-\(pieces)"])
            }
        }
        for person in SeedCatalogue.customers { try await seed(person) }
    }

    private func seed(_ person: SeedCatalogue.Customer) async throws {
        let url = "\(customer)/customers/\(person.id)"
        let body = Person(name: person.name, email: person.email, phone: person.phone, language: person.language)
        let stored = try JSON.decode(Stored.self, from: try await client.ask(.put, url, body).body)
        guard stored.addresses.isEmpty else { return }
        _ = try await client.ask(.post, url + "/addresses", person.address)
    }

    private struct Product: Encodable {
        let sauceId: Int64
        let name: String
        let description: String
        let price: Int64
    }
    private struct Adjustment: Encodable {
        let branchId, sauceId, change: Int64
        let reason: String
    }
    private struct Person: Encodable {
        let name, email: String
        let phone: String?
        let language: Language
    }
    private struct Stored: Decodable {
        struct Address: Decodable {}
        let addresses: [Address]
    }
}
