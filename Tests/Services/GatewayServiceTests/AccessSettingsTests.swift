import Configuration
import Foundation
import PlatformTestSupport
import Testing
import TokenTestSupport
import Tokens

@testable import GatewayService

@Suite struct AccessSettingsTests {
    private static let good = "{issuer: till, audience: shop, secret: 0123456789abcdef0123456789abcdef}"

    private static func access(_ issuers: String, _ more: String = "") -> String {
        "access:\n  issuers: [\(issuers)]\n\(more)"
    }

    @Test(arguments: [
        ("{audience: a, secret: \"0123456789abcdef0123456789abcdef\"}", "issuer is required"),
        ("{issuer: i, secret: 0123456789abcdef0123456789abcdef}", "audience is required: without it"),
        ("{issuer: i, audience: a}", "keys is required, because the issuer is no URL"),
        ("{issuer: i, audience: a, secret: short}", "secret must have at least 32 bytes"),
        ("{issuer: i, audience: a, keys: /nowhere/keys.json}", "keys /nowhere/keys.json cannot be read: No such file"),
        ("{issuer: i, audience: a, keys: \"ftp://h/k\"}", "keys must be a URL that begins with http"),
        ("{issuer: i, audience: a, keys: \"https://user:pw@h/k\"}", "keys must name a host"),
        ("{issuer: i, audience: a, secretFile: /nowhere/secret}", "secretFile /nowhere/secret cannot be read"),
        ("{issuer: i, audience: a, secretFile: /dev/null}", "secretFile may be read or written by every user"),
        ("{issuer: i, audience: a, secretFile: /etc/passwd}", "secretFile may be read or written by every user"),
        ("{issuer: i, audience: a, keys: /dev/null}", "keys may be written by every user"),
        (
            "{issuer: \"https://i\", audience: a, algorithms: [RS256, HS256]}",
            "algorithms must be of RS256, PS256, ES256, EdDSA, not \"HS256\""
        ),
        (
            "{issuer: i, audience: a, algorithms: RS256, secret: 0123456789abcdef0123456789abcdef}",
            "algorithms must be of HS256 for a secret, not \"RS256\""
        ),
        ("{issuer: \"https://i\", audience: a, algorithms: none}", "algorithms must be of RS256"),
        (
            "{issuer: i, audience: a, keys: \"https://h/k\", secret: 0123456789abcdef0123456789abcdef}",
            "secret stands beside keys; an issuer has one of them"
        ),
    ])
    func an_issuer_that_is_wrong_is_named(issuer: String, problem: String) {
        let found = findings(Self.access(issuer)).problems
        let path = ["/dev/null", "/etc/passwd"].first { issuer.contains($0) } ?? ""
        let expected = problem.replacingOccurrences(of: " may be", with: " \(path) may be")
        #expect(found.count == 1 && found[0].hasPrefix("g.yaml:2: access.issuers[0].\(expected)"), "\(found)")
    }

    @Test(arguments: [
        ("access: {clockSkew: 1h}", "g.yaml:1: access.clockSkew must be a duration"),
        ("access: {minimumRefresh: 10ms}", "g.yaml:1: access.minimumRefresh must be a duration"),
        ("access: {rolls: x}", "g.yaml:1: access.rolls is not a known key"),
        (
            access("\(good), \(good)"),
            "g.yaml:2: access.issuers[1].issuer must be another one: till is an issuer before it"
        ),
        (
            "default-filters: [RequireToken]",
            "g.yaml:1: default-filters[0] (RequireToken) asks for tokens, but access.issuers names nobody"
        ),
        (
            "default-filters: [\"RequireRole=a\"]",
            "g.yaml:1: default-filters[0] (RequireRole) asks for tokens, but access.issuers names nobody"
        ),
        (
            access(good, "default-filters: [RequireRole]"),
            "g.yaml:3: default-filters[0] (RequireRole) roles is required"
        ),
        (
            access(good, "default-filters: [\"RequireRole=Käufer\"]"),
            "g.yaml:3: default-filters[0] (RequireRole) roles must be of visible ASCII characters"
        ),
        (
            access(good, "default-filters: [\"RequireToken=x\"]"),
            "g.yaml:3: default-filters[0] (RequireToken) has 1 arguments; it takes none"
        ),
        (
            "default-filters: [{name: RequestRateLimiter, args: {replenishRate: 1, keyResolver: caller}}]",
            "g.yaml:1: default-filters[0] (RequestRateLimiter) counts by caller, and needs RequireToken or RequireRole"
        ),
    ])
    func a_setting_that_is_wrong_is_named(yaml: String, problem: String) {
        let found = findings(yaml).problems
        #expect(found.count == 1 && found[0].hasPrefix(problem), "\(found)")
    }

    @Test func right_ones_are_accepted() {
        for issuer in [
            Self.good, "{issuer: \"https://id.example\", audience: [a, b]}",
            "{issuer: i, audience: a, keys: \"https://id.example/keys?tenant=1\", algorithms: [RS256, EdDSA]}",
            "{issuer: \"http://127.0.0.1:9/realms/shop\", audience: a}",
        ] {
            let found = findings(Self.access(issuer, "default-filters: [RequireToken]"))
            #expect(found.problems == [] && found.warnings == [], "\(issuer): \(found)")
        }
    }

    @Test func keys_that_somebody_on_the_way_could_replace_are_warned_of() {
        let warnings = findings(Self.access("{issuer: i, audience: a, keys: \"http://keys.example/k\"}")).warnings
        #expect(
            warnings.count == 1 && warnings[0].contains("is not https: whoever is between the gateway and keys.example")
        )
    }

    @Test func a_secret_may_be_in_a_file_or_a_variable_and_is_never_shown() throws {
        let folder = TemporaryDirectory()
        let file = folder.file("secret")
        try "0123456789abcdef-the-secret-of-the-file\n".write(toFile: file, atomically: true, encoding: .utf8)
        chmod(file, 0o600)
        let yaml = """
            access:
              issuers:
                - {issuer: a, audience: x, secretFile: \(file)}
                - {issuer: b, audience: x}
            """
        let variable = "SAMBAL_ACCESS_ISSUERS_1_SECRET"
        let reader = ConfigurationReader(
            try ConfigurationSource(yaml: yaml, environment: [variable: "0123456789abcdef-the-secret-of-the-variable"]))
        let settings = GatewaySettings(from: reader.root, services: [])
        try reader.finish()
        #expect(
            settings.access.issuers.map(\.keys) == [
                .secret(Array("0123456789abcdef-the-secret-of-the-file".utf8)),
                .secret(Array("0123456789abcdef-the-secret-of-the-variable".utf8)),
            ])
        #expect(settings.access.issuers.allSatisfy { $0.algorithms == [.hs256] })
        #expect(!reader.dump().contains("the-secret-of"))
    }

    @Test func a_file_of_keys_is_checked_when_the_configuration_is() throws {
        let folder = TemporaryDirectory()
        let file = folder.file("keys.json")
        try "{\"keys\":[\(TestKeys.ed25519.jwkText()),{\"kty\":\"oct\",\"k\":\"AAAA\"}]}"
            .write(toFile: file, atomically: true, encoding: .utf8)
        let found = findings(Self.access("{issuer: i, audience: a, keys: \(file)}"))
        #expect(found.problems == [])
        #expect(found.warnings.count == 1 && found.warnings[0].contains("key 2 is a secret, which no key set may hold"))
    }

    @Test(arguments: [("secretFile", 0o620), ("secretFile", 0o660), ("keys", 0o664)] as [(String, mode_t)])
    func a_file_that_its_group_may_write_is_refused(key: String, mode: mode_t) throws {
        let file = TemporaryDirectory()
        let path = file.file("access")
        try "0123456789abcdef-the-secret-of-the-file".write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, mode)
        let found = findings(Self.access("{issuer: i, audience: a, \(key): \(path)}")).problems
        #expect(found == ["g.yaml:2: access.issuers[0].\(key) \(path) may be written by its group"])
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["secretFile", "keys"])
    func a_pipe_is_refused_and_not_waited_for(key: String) throws {
        let folder = TemporaryDirectory()
        let path = folder.file("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let found = findings(Self.access("{issuer: i, audience: a, \(key): \(path)}")).problems
        #expect(found == ["g.yaml:2: access.issuers[0].\(key) \(path) is not a regular file"])
    }

    @Test func routes_that_ask_for_nobody_are_named() throws {
        func open(_ yaml: String) throws -> [String] {
            let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, environment: [:]))
            return GatewayService(from: reader.root).openRoutes
        }
        let routes = "routes: [{id: a, uri: order, filters: [RequireToken]}, {id: b, uri: order}]"
        #expect(try open(Self.access(Self.good, routes)) == ["b"])
        #expect(try open(Self.access(Self.good, "default-filters: [RequireToken]\n" + routes)) == [])
        #expect(try open("").count == GatewayRoute.defaults.count)
    }
}
