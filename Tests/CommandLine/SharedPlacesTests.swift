import Configuration
import Testing

@testable import SambalProgram

@Suite struct SharedPlacesTests {
    private func read(_ yaml: String, running: [String] = Catalogue.names) throws {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml))
        _ = try ShopSettings(reader, data: "/data", defaultTransport: .direct, running: running)
    }

    @Test(arguments: [
        ("cart: {port: 8084}", "order.port is 8084, which cart uses already"),
        (
            "gateway: {tls: {certificate: c, key: k, port: 8084}}",
            "gateway.tls.port is 8084, which order uses already"
        ),
        (
            "{gateway: {tls: {certificate: c, key: k}}, email: {port: 8443}}",
            "email.port is 8443, which gateway.tls.port uses already"
        ),
        (
            "gateway: {port: 8443, tls: {certificate: c, key: k}}",
            "gateway.tls.port is 8443, which gateway uses already"
        ),
        ("order: {database: 'sqlite:/data/./cart.db'}", "which cart uses already"),
        (
            "order: {database: 'lmdb:/x/one'}\ncart: {database: 'lmdb:/x/two/../one'}",
            "which cart uses already"
        ),
        (
            "order: {database: 'postgres://u:secret@db/shop?schema=cart'}\ncart: {database: 'postgres://v:other@db/shop'}",
            "which cart uses already"
        ),
    ])
    func two_services_in_one_place_are_a_mistake(yaml: String, words: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try read(yaml) }
        #expect("\(error)".contains(words), "\(error)")
        #expect(!"\(error)".contains("secret"))
    }

    @Test func on_machines_of_their_own_they_may_have_the_same_port() throws {
        try read("cart: {port: 8084}", running: ["order"])
        try read("cart: {port: 8084}", running: [])
        try read("{cart: {port: 8084, address: 127.0.0.2}, order: {address: 127.0.0.1}}")
        try read("gateway: {tls: {certificate: c, key: k, port: 8084}}", running: ["gateway"])
        try read("{gateway: {tls: {certificate: c, key: k, port: 8084}, address: 127.0.0.2}}")
        // Without a certificate nobody listens there.
        try read("email: {port: 8443}")
        try read("order: {database: 'postgres://u:p@db/shop'}\ncart: {database: 'postgres://u:p@db/shop'}")
    }
}
