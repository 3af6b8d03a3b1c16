import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// The shop with a database that wants TLS and a password.
    @Suite struct DatabaseSecurityTests {
        @Test(arguments: ServerUnderTest.kinds) func orders_are_paid_and_nobody_is_told_the_password(
            kind: String
        ) async throws {
            let server = ServerUnderTest(kind, isSecure: true)
            try await server.run { url in
                let right = try passwords(of: url)
                let wrong = ["an%40ther%2Fsecret", "an@ther/secret"]
                let shop = try ShopUnderTest([
                    "order": ["settleAfter: 1s", "settleInterval: 200ms", "database: \(url)"]
                ])
                let running = try await shop.up()
                let id = try #require(try await shop.place(key: "SECURE").json["id"].string)
                try await eventually("\(id) is at its end", within: .seconds(60)) { try await shop.isAtItsEnd(id) }
                #expect(running.end() == 0)

                let shown = try await shop.run([
                    "config", "check", "--config", shop.configuration.path(), "--data", shop.data.path(),
                ])
                #expect(shown.status == 0 && shown.output.contains("sambal:********@localhost"), "\(shown.output)")
                let settings = try String(contentsOf: shop.configuration, encoding: .utf8)
                try settings.replacing(right[0], with: wrong[0])
                    .write(to: shop.configuration, atomically: true, encoding: .utf8)
                let refused = try await shop.run([
                    "serve", "order", "--config", shop.configuration.path(), "--data", shop.data.path(),
                ])
                #expect(refused.status != 0 && refused.output.contains("order cannot start"), "\(refused.output)")
                #expect(refused.output.contains("\(kind)://localhost:"), "\(refused.output)")
                let target = "sqlite:\(shop.data.path())/moved.db"
                let moved = try await shop.run([
                    "copy", "order", "--from", url.replacing(right[0], with: wrong[0]), "--to", target,
                ])
                #expect(moved.status != 0)
                for text in [shop.log, shown.output, refused.output, moved.output] {
                    #expect(!text.isEmpty)
                    for password in right + wrong { #expect(!text.contains(password)) }
                }
            }
        }

        /// As it is in the URL, and as it is.
        private func passwords(of url: String) throws -> [String] {
            let parts = try #require(URLComponents(string: url))
            return [try #require(parts.percentEncodedPassword), try #require(parts.password)]
        }
    }
}
