import Configuration
import Foundation
import HTTP
import Kernel
import PlatformTestSupport
import ServiceTestSupport
import TLS
import Testing

@testable import GatewayService

@Suite struct GatewayTLSTests {
    private let folder = TemporaryDirectory()

    private func section(_ pair: TestCertificate = .first, _ more: String = "") throws -> String {
        let paths = try pair.write(into: folder)
        return route() + "tls:\n  certificate: \(paths.certificate)\n  key: \(paths.key)\n" + more
    }

    /// The line of the metrics about the end of the certificate in force, once changed files were read.
    private static func expiry(_ gateway: ServiceUnderTest) async throws -> String? {
        try await gateway.loop.sleep(for: .seconds(4))
        return try await gateway.send(.get, "/metrics").text.split(separator: "\n")
            .first { $0.hasPrefix("sambal_tls_certificate_expires_timestamp_seconds") }.map(String.init)
    }

    @Test func plain_http_leads_to_https_with_path_query_and_method() async throws {
        try await ServiceUnderTest.gateway(try section(.first, "  port: 9443\n")) { gateway, upstreams in
            for method in [HTTPMethod.get, .post, .options] {
                let answer = try await gateway.send(method, "/orders/a%20b?x=1&y=/", "", ["Host": "shop.example:8088"])
                #expect(answer.status == 308)
                #expect(answer.headers["Location"] == "https://shop.example:9443/orders/a%20b?x=1&y=/")
                #expect(answer.headers["Strict-Transport-Security"] == nil)
            }
            #expect(upstreams.requests.isEmpty)
            // Probes have no certificate to trust.
            for path in ["/livez", "/readyz", "/startupz", "/metrics"] {
                #expect(try await gateway.send(.get, path).status == 200)
            }
        }
    }

    @Test(arguments: [
        ("shop.example", "  publicPort: 443\n", "https://shop.example/o"),
        ("shop.example:80", "", "https://shop.example:8443/o"),
        ("[::1]:8088", "", "https://[::1]:8443/o"), ("[::1]", "  publicPort: 443\n", "https://[::1]/o"),
    ])
    func the_redirect_names_the_port_that_clients_see(host: String, more: String, location: String) async throws {
        try await ServiceUnderTest.gateway(try section(.first, more)) { gateway, _ in
            let answer = try await gateway.send(.get, "/o", "", ["Host": host])
            #expect(answer.headers["Location"] == location)
        }
    }

    @Test func both_listeners_serve_where_it_is_so_configured_also_by_a_reload() async throws {
        let redirecting = try section(.first, "  hsts: 365d\n  hstsSubdomains: true\n")
        try await ServiceUnderTest.gateway(redirecting + "  redirect: false\n") { gateway, _ in
            #expect(try await gateway.send(.get, "/orders").status == 200)
            try await gateway.takeOver(redirecting)
            #expect(try await gateway.send(.get, "/orders").status == 308)
            // Without TLS at all nothing is left to be redirected to.
            try await gateway.takeOver(route())
            #expect(try await gateway.send(.get, "/orders").status == 200)
        }
        // A listener that was not there at the start is not there now.
        try await ServiceUnderTest.gateway(route()) { gateway, _ in
            try await gateway.takeOver(redirecting)
            #expect(try await gateway.send(.get, "/orders").status == 200)
        }
    }

    @Test func the_redirect_names_the_port_that_is_listened_at_whatever_a_reload_says() async throws {
        func yaml(_ more: String) throws -> String { try section(.first, more) }
        try await ServiceUnderTest.gateway(try yaml("  port: 9443\n")) { gateway, _ in
            for (more, port) in [("port: 9999", ":9443"), ("publicPort: 7443", ":7443"), ("minimum: 1.3", ":9443")] {
                try await gateway.takeOver(try section(.first, "  \(more)\n"))
                let answer = try await gateway.send(.get, "/o", "", ["Host": "shop.example"])
                #expect(answer.headers["Location"] == "https://shop.example\(port)/o", "\(more)")
            }
        }
    }

    @Test func a_request_by_tls_is_https_for_those_behind() {
        var request = Request(method: .get, path: "/", headers: ["Host": "h:8443", "X-Forwarded-Proto": "http"])
        request.peerAddress = "10.0.0.1"
        #expect(Caller(request, trusted: []).scheme == "http")
        request.isEncrypted = true
        let caller = Caller(request, trusted: [])
        #expect(caller.origin == "https://h:8443")
        let fields = caller.forwardedFields(for: request)
        #expect(fields.first { $0.name == "X-Forwarded-Proto" }?.value == "https")
        #expect(fields.first { $0.name == "Forwarded" }?.value == "for=10.0.0.1;host=\"h:8443\";proto=https")
        // A trusted proxy knows better, if it says anything.
        let trusted = [AddressRange("10.0.0.0/8")].compactMap { $0 }
        #expect(Caller(request, trusted: trusted).scheme == "http")
        request.headers["X-Forwarded-Proto"] = nil
        #expect(Caller(request, trusted: trusted).scheme == "https")
    }

    @Test func changed_files_are_taken_over_and_wrong_ones_refused() async throws {
        let paths = try TestCertificate.first.write(into: folder)
        let write = { @Sendable [folder] (pair: TestCertificate) in _ = try pair.write(into: folder) }
        let yaml = route() + "tls: {certificate: \(paths.certificate), key: \(paths.key)}\n"
        try await ServiceUnderTest.gateway(yaml) { gateway, _ in
            let first = try #require(try await Self.expiry(gateway))
            try Data(TestCertificate.second.certificate.utf8)
                .write(to: URL(filePath: paths.certificate), options: .atomic)
            #expect(try await Self.expiry(gateway) == first)
            try write(.expired)
            #expect(try await Self.expiry(gateway) == first)
            try write(.second)
            let second = try #require(try await Self.expiry(gateway))
            #expect(second != first)
            try FileManager.default.removeItem(atPath: paths.key)
            #expect(try await Self.expiry(gateway) == second)
            try write(.first)
            #expect(try await Self.expiry(gateway) == first)
        }
    }

    @Test func a_reload_may_name_other_files_and_is_refused_where_they_are_wrong() async throws {
        let other = TemporaryDirectory()
        let second = try TestCertificate.second.write(into: other)
        try await ServiceUnderTest.gateway(try section()) { gateway, _ in
            let first = try #require(try await Self.expiry(gateway))
            await #expect(throws: (any Error).self) {
                try await gateway.takeOver("tls: {certificate: \(second.certificate), key: \(second.key).missing}")
            }
            // The old settings are in force.
            #expect(try await gateway.send(.get, "/orders").status == 308)
            #expect(try await Self.expiry(gateway) == first)
            try await gateway.takeOver(
                "tls: {certificate: \(second.certificate), key: \(second.key), redirect: false}")
            #expect(try await gateway.send(.get, "/orders").status == 200)
            #expect(try await Self.expiry(gateway) != first)
        }
    }

    @Test func a_start_with_a_wrong_pair_names_the_place() async throws {
        let paths = try TestCertificate.encrypted.write(into: folder)
        let yaml = "accessLog: off\ntls: {certificate: \(paths.certificate), key: \(paths.key)}\n"
        await #expect(
            performing: { try await ServiceUnderTest.gateway(yaml) { _, _ in } },
            throws: { "\($0)".contains(":2: tls: the key \(paths.key) is encrypted with a passphrase") })
    }

    @Test(
        arguments: [
            ("2026-01-01T00:00:00Z", TestCertificate.expired, " has expired at 2001-01-01"),
            ("1999-12-31T00:00:00Z", .first, " is not valid before 2000-01-01"),
            ("2000-12-25T00:00:00Z", .expired, " expires soon, at 2001-01-01"),
            ("2026-01-01T00:00:00Z", .first, nil), ("2000-12-01T00:00:00Z", .expired, nil),
        ] as [(String, TestCertificate, String?)])
    func the_check_says_what_a_start_reports_of_the_certificate(
        time: String, pair: TestCertificate, remark: String?
    ) throws {
        let paths = try pair.write(into: folder)
        let yaml = "tls: {certificate: \(paths.certificate), key: \(paths.key)}\n"
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, name: "g.yaml", environment: [:]))
        let remarks = try GatewayService(from: reader.root).checkFiles(at: #require(Timestamp(time)))
        guard let remark else {
            #expect(remarks == [])
            return
        }
        #expect(
            remarks.count == 1 && remarks[0].hasPrefix("g.yaml:1: tls: \(paths.certificate)\(remark)"), "\(remarks)")
    }

    @Test(arguments: [
        ("tls: {certificate: a.pem}", "g.yaml:1: tls.key is required for TLS"),
        ("tls: {key: a.pem}", "g.yaml:1: tls.certificate is required for TLS"),
        ("tls: {port: 8443}", "g.yaml:1: tls.certificate is required for TLS"),
        ("tls: {certificate: a, key: b, minimum: 1.1}", "g.yaml:1: tls.minimum must be one of 1.2, 1.3, not \"1.1\""),
        ("tls: {certificate: a, key: b, port: 0}", "g.yaml:1: tls.port must be a whole number from 1 to 65535"),
        ("tls: {certificate: a, key: b, hsts: long}", "g.yaml:1: tls.hsts must be a duration"),
        (
            "tls: {certificate: a, key: \"-----BEGIN PRIVATE KEY-----\\nAAAA\"}",
            "g.yaml:1: tls.key must be a file's path"
        ),
        ("tls: {certificate: a, key: b, ciphers: all}", "g.yaml:1: tls.ciphers is not a known key"),
    ])
    func a_setting_that_is_wrong_is_named(yaml: String, problem: String) {
        let found = findings(yaml).problems
        #expect(found.count == 1 && found[0].hasPrefix(problem), "\(found)")
        #expect(!"\(found)".contains("AAAA"))
    }
}
