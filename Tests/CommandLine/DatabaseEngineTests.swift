import Configuration
import Testing

@testable import SambalProgram

@Suite struct DatabaseEngineTests {
    private func read(_ yaml: String) throws -> [String: ShopSettings.Place] {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml))
        return try ShopSettings(reader, data: "/data", defaultTransport: .direct).places
    }

    @Test func the_url_picks_the_engine_and_a_file_in_the_data_folder_is_the_default() throws {
        let places = try read("delivery: {database: 'lmdb:/var/lib/delivery'}")
        #expect(places["delivery"]?.database?.name == "lmdb:/var/lib/delivery")
        let server = try read("order: {database: 'postgres://u:secret@db:5433/shop'}")["order"]?.database
        #expect(server?.name == "postgres://db:5433/shop?schema=order")
        let maria = try read("cart: {database: 'mariadb://u:secret@db/shop'}")["cart"]?.database
        #expect(maria?.name == "mariadb://db:3306/shop?schema=cart")
        let mongo = try read("cart: {database: 'mongodb://u:secret@db/shop'}")["cart"]?.database
        #expect(mongo?.name == "mongodb://db/shop?schema=cart")
        #expect(places["order"]?.database?.name == "sqlite:/data/order.db")
        #expect(places["gateway"]?.database == nil)
    }

    @Test func a_parameter_that_nobody_knows_is_told_with_its_line_and_without_the_password() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try read("order:\n  database: postgres://u:secret@db/shop?sslmod=verify-full\n")
        }
        #expect("\(error)".contains(":2"))
        #expect("\(error)".contains("order.database has a parameter 'sslmod' that PostgreSQL does not know"))
        #expect(!"\(error)".contains("secret"))
    }

    @Test(arguments: ["oracle:orders", "'lmdb:'", "sqlite"])
    func what_is_no_engine_is_told_with_its_line_and_those_there_are(
        url: String
    ) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try read("log: {}\ndelivery:\n  database: \(url)\n")
        }
        let text = "\(error)"
        #expect(text.contains(":3"))
        #expect(text.contains("delivery.database"))
        #expect(text.contains("sqlite:FILE") && text.contains("lmdb:FOLDER"))
    }
}
