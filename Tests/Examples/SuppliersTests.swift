import HTTP
import ServiceTestSupport
import Testing

@testable import SupplierService

/// What the tutorial promises of an entity with nothing written for it.
@Suite struct SuppliersTests {
    @Test func an_entity_is_a_resource_that_can_be_read_and_written() async throws {
        try await ServiceUnderTest.run(SupplierService.self) { service in
            let made = try await service.send(.post, "/suppliers", #"{"name": "Warung Lada", "country": "ID"}"#)
            #expect(made.status == 201)
            let supplier = try made.json(Supplier.self)
            #expect(supplier.name == "Warung Lada" && supplier.id.hasPrefix("SUP-"))

            let taken = try await service.send(.post, "/suppliers", #"{"name": "Warung Lada", "country": "MY"}"#)
            #expect(taken.status == 409 && taken.fields == ["name"])
            let wrong = try await service.send(.post, "/suppliers", #"{"name": "Cabe & Co"}"#)
            #expect(wrong.status == 400 && wrong.fields == ["country"])
            #expect(try await service.send(.post, "/suppliers", "[]").status == 400)

            let path = "/suppliers/\(supplier.id)"
            let moved = try await service.send(
                .patch, path, #"{"country": "SG"}"#,
                headers: ["Content-Type": "application/merge-patch+json", "If-Match": "\"1\""])
            #expect(moved.status == 200)
            #expect(try moved.json(Supplier.self).version == 2)
            let found = try await service.send(.get, "/suppliers/search/findByCountry?country=SG")
            #expect(found.text.contains(supplier.id))
            #expect(try await service.send(.get, "/profile/suppliers").status == 200)
            #expect(try await service.send(.delete, path).status == 204)
            #expect(try await service.send(.get, path).status == 404)
        }
    }
}
