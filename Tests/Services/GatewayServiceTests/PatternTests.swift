import Testing

@testable import GatewayService

@Suite struct PatternTests {
    @Test(arguments: [
        ("/orders/**", "/orders", true), ("/orders/**", "/orders/", true), ("/orders/**", "/orders/1/2", true),
        ("/orders/**", "/ordersX", false), ("/orders/**", "/", false), ("/**", "/", true), ("/**", "/a/b", true),
        ("/orders", "/orders", true), ("/orders", "/orders/", true), ("/orders", "/orders/1", false),
        ("/orders/", "/orders", true), ("/", "/", true), ("/", "/a", false),
        ("/orders/{id}", "/orders/7", true), ("/orders/{id}", "/orders/", false),
        ("/orders/{id}", "/orders/7/x", false),
        ("/orders/{id:\\d+}", "/orders/12", true), ("/orders/{id:\\d+}", "/orders/x", false),
        ("/files/{*rest}", "/files", true), ("/files/{*rest}", "/files/a/b", true),
        ("/v?/*.json", "/v1/a.json", true), ("/v?/*.json", "/v1/a.xml", false), ("/v?/*.json", "/v12/a.json", false),
        ("/a b", "/a%20b", true), ("/a", "/%61", true), ("/a/b", "/a%2Fb", false), ("/K", "/\u{212A}", false),
    ])
    func a_path_pattern_matches_as_springs(pattern: String, path: String, matches: Bool) throws {
        #expect((try PathTemplate(pattern).match(RequestPath(path)) != nil) == matches)
    }

    @Test func variables_are_as_they_came() throws {
        let template = try PathTemplate("/shops/{shop}/{*rest}")
        #expect(
            template.match(RequestPath("/shops/a%2Fb/x/y%20z")) == ["shop": "a%2Fb", "rest": "/x/y%20z"])
    }

    @Test(arguments: ["orders", "/a/**/b", "/{a}/{a}", "/x{a}", "/{}", "/{a:[}", "/a**b"])
    func what_is_no_path_pattern_is_refused(pattern: String) {
        #expect(throws: (any Error).self) { try PathTemplate(pattern) }
    }

    @Test(arguments: [
        ("**.example.com", "a.b.example.com", true), ("**.example.com", "example.com", true),
        ("*.example.com", "a.example.com", true), ("*.example.com", "a.b.example.com", false),
        ("{shop}.example.com", "kimchi.example.com", true), ("example.com", "EXAMPLE.com:8088", true),
        ("example.com:8088", "example.com:8088", true), ("example.com:8088", "example.com", false),
        ("example.com:*", "example.com:1", true), ("example.com", "xexample.com", false), ("**", "[::1]:80", true),
        ("shop-*.example.com", "shop-1.example.com", true),
    ])
    func a_host_pattern_matches_as_springs(pattern: String, host: String, matches: Bool) throws {
        let template = try #require(HostTemplate(pattern))
        #expect((template.match(host) != nil) == matches)
    }

    @Test func a_host_gives_variables() {
        #expect(HostTemplate("{shop}.example.com")?.match("kimchi.example.com:80") == ["shop": "kimchi"])
    }

    @Test(arguments: [
        ("/red/?(?<segment>.*)", "/$\\{segment}", "/red/blue/x", "/blue/x"),
        ("/red/?(?<segment>.*)", "/${segment}", "/red", "/"), ("/api(/.*)", "$1", "/api/orders", "/orders"),
        ("b", "\\$", "/abc", "/a$c"), ("^/v1", "", "/v1/a", "/a"), ("/(a)|/(b)", "/$2", "/a/b", "//b"),
    ])
    func a_path_is_rewritten_as_java_does(pattern: String, replacement: String, path: String, result: String) throws {
        let expression = try RegularExpression(pattern)
        #expect(expression.replace(in: path, with: try #require(Replacement(replacement))) == result)
    }

    @Test(arguments: ["$", "${", "${a", "${}", "$x", "a\\"])
    func what_is_no_replacement_is_refused(text: String) {
        #expect(Replacement(text) == nil)
    }

    @Test func a_glob_costs_no_more_than_both_lengths() {
        let pattern = Array(String(repeating: "a*", count: 200).unicodeScalars)
        let text = Array((String(repeating: "a", count: 4000) + "b").unicodeScalars)
        #expect(!PathTemplate.matches((pattern + ["c"])[...], text[...]))
    }
}
