import Configuration
import FoundationEssentials
import PlatformTestSupport
import Testing

@testable import SambalProgram

@Suite struct TrustTests {
    private static let secret = "a secret of at least thirty-two bytes"

    private func read(
        _ yaml: String, running: [String] = Catalogue.names, environment: [String: String] = [:]
    ) throws -> ShopSettings {
        let reader = ConfigurationReader(
            try ConfigurationSource(yaml: yaml, name: "shop.yaml", environment: environment))
        return try ShopSettings(reader, data: "/data", defaultTransport: .direct, running: running)
    }

    private func mistake(
        _ yaml: String, running: [String] = Catalogue.names, environment: [String: String] = [:]
    ) -> String {
        do {
            _ = try read(yaml, running: running, environment: environment)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func an_open_port_that_other_machines_reach_is_refused_with_its_line_and_a_way_out() {
        let one = mistake("order:\n  address: 0.0.0.0\n")
        #expect(one.contains("shop.yaml:2: order.address is 0.0.0.0"), "\(one)")
        #expect(one.contains("set trust: token (docs/access.md#between-services)"))
        let all = mistake("transport: sockets\naddress: 192.168.1.5\n")
        #expect(all.contains("shop.yaml:2: address is 192.168.1.5") && all.contains("order, payment"), "\(all)")
        #expect(!all.contains("gateway.address is"))
        let variable = mistake("", environment: ["SAMBAL_ADDRESS": "0.0.0.0"])
        #expect(variable.contains("SAMBAL_ADDRESS: address is 0.0.0.0"), "\(variable)")
        let own = mistake("", environment: ["SAMBAL_PSP_ADDRESS": "::"])
        #expect(own.contains("SAMBAL_PSP_ADDRESS: psp.address is ::"), "\(own)")
        let mixed = mistake("trust: token\naddress: 0.0.0.0\norder: {trust: open}\n")
        #expect(mixed.contains("order") && !mixed.contains("payment"), "\(mixed)")
    }

    @Test func loopback_tokens_and_services_that_do_not_run_here_are_fine() {
        #expect(mistake("") == "")
        #expect(mistake("address: '::1'") == "" && mistake("address: 127.3.2.1") == "")
        #expect(mistake("gateway: {address: 0.0.0.0}") == "")
        #expect(mistake("{address: 0.0.0.0, trust: token}") == "")
        #expect(mistake("{order: {address: 0.0.0.0, trust: token}}") == "")
        #expect(mistake("order: {address: 0.0.0.0}", running: ["payment"]) == "")
        #expect(mistake("address: 0.0.0.0", running: ["gateway"]) == "")
        #expect(mistake("trust: closed").contains("trust"))
        // The gateway asks nobody for a service token, so that it has no such setting.
        #expect(mistake("gateway: {trust: token}").contains("gateway.trust"))
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("::ffff:127.0.0.1", true), ("0.0.0.0", false),
        ("::", false), ("10.0.0.1", false), ("128.0.0.1", false), ("::ffff:10.0.0.1", false), ("fe80::1", false),
    ])
    func loopback_is_known_in_every_spelling(address: String, isLoopback: Bool) {
        #expect(OpenPorts.isLoopback(address) == isLoopback)
    }

    @Test func the_secret_comes_from_the_configuration_a_file_or_the_data_folder() throws {
        let folder = TemporaryDirectory()
        let file = folder.file("key")
        try Data((Self.secret + "\n").utf8).write(to: URL(filePath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        for yaml in ["secrets: {services: \(Self.secret)}", "secrets: {servicesFile: \(file)}"] {
            #expect(try read("trust: token\n" + yaml).secrets[ServiceSecrets.signing] == Self.secret)
        }
        let environment = ["SAMBAL_SECRETS_SERVICES": Self.secret]
        #expect(try read("", environment: environment).secrets[ServiceSecrets.signing] == Self.secret)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        #expect(mistake("secrets: {servicesFile: \(file)}").contains("may be read or written by every user"))
        let short = mistake("secrets:\n  services: short-one\n")
        #expect(short.contains("shop.yaml:2") && short.contains("32 bytes") && !short.contains("short-one"), "\(short)")
        #expect(mistake("secrets: {services: \(Self.secret), servicesFile: \(file)}").contains("beside"))
        let made = Secrets(configured: [:], data: folder.path)
        #expect(try made.existing(ServiceSecrets.signing) == nil)
        let secret = try made.secret(ServiceSecrets.signing)
        #expect(try made.existing(ServiceSecrets.signing) == secret && secret.utf8.count >= 32)
    }

    @Test func nothing_is_signed_unless_a_port_asks_or_a_secret_is_configured() throws {
        let never: (String) throws -> String = { _ in throw CommandFailure("nobody needs it") }
        _ = try read("").serviceTrust(never)
        _ = try read("order: {trust: token}").serviceTrust { _ in Self.secret }
        #expect(throws: CommandFailure.self) { try read("trust: token").serviceTrust(never) }
        #expect(throws: CommandFailure.self) { try read("trust: token").serviceTrust { _ in "short" } }
    }

    @Test func a_service_is_known_by_its_url_and_no_other_server_is() throws {
        let settings = try read("order: {url: 'http://order:8080', port: 9084}")
        #expect(settings.service(at: "http://order:8080") == "order")
        #expect(settings.service(at: "http://localhost:9084") == "order")
        #expect(settings.service(at: "http://127.0.0.1:8085") == "payment")
        for url in [
            "http://order:8081", "https://order:8080", "http://localhost:8084", "http://127.0.0.1:80850",
            "http://evil.example:8085", "http://127.0.0.1:8088", "http://order:8080.evil.example",
        ] {
            #expect(settings.service(at: url) == nil, "\(url)")
        }
    }
}
