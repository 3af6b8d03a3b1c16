import Testing

@testable import GatewayService

/// What is wrong with a configuration is said with file, line and field.
@Suite struct SettingsTests {
    @Test(arguments: [
        (["Path=orders"], [], "g.yaml:4: routes[0].predicates[0] (Path) patterns must begin with /, not \"orders\""),
        (["Path"], [], "g.yaml:4: routes[0].predicates[0] (Path) patterns is required"),
        (["Paht=/a"], [], "g.yaml:4: routes[0].predicates[0] (Paht) is no predicate; there are Path, Method"),
        (["Method=FETCH"], [], "g.yaml:4: routes[0].predicates[0] (Method) methods must be of GET"),
        (["Header=X, ["], [], "g.yaml:4: routes[0].predicates[0] (Header) regexp is no regular expression"),
        (["Weight=a"], [], "g.yaml:4: routes[0].predicates[0] (Weight) weight is required"),
        (["Weight=a, many"], [], "g.yaml:4: routes[0].predicates[0] (Weight) weight must be a whole number"),
        ([], ["StripPrefix=x"], "g.yaml:5: routes[0].filters[0] (StripPrefix) parts must be a whole number"),
        ([], ["StripPrefix=1, 2"], "g.yaml:5: routes[0].filters[0] (StripPrefix) has 2 arguments; it takes parts"),
        (
            [], ["SetPath=/{x}"],
            "g.yaml:5: routes[0].filters[0] (SetPath) template has {x}, which is in no Path or Host"
        ),
        ([], ["PrefixPath=v1"], "g.yaml:5: routes[0].filters[0] (PrefixPath) prefix must begin with /"),
        ([], ["RewritePath=/a, /${b}"], "g.yaml:5: routes[0].filters[0] (RewritePath) replacement names the group b"),
        ([], ["RewritePath=/a, /$"], "g.yaml:5: routes[0].filters[0] (RewritePath) replacement must name groups"),
        ([], ["AddRequestHeader=X Y, 1"], "g.yaml:5: routes[0].filters[0] (AddRequestHeader) name must be the name of"),
        ([], ["SetStatus=NEVER"], "g.yaml:5: routes[0].filters[0] (SetStatus) status must be a status such as 404"),
        ([], ["RedirectTo=200, /x"], "g.yaml:5: routes[0].filters[0] (RedirectTo) status must be one of 3xx"),
        ([], ["RequestSize=much"], "g.yaml:5: routes[0].filters[0] (RequestSize) maxSize must be a size such as 5MB"),
        ([], ["RequestRateLimiter"], "g.yaml:5: routes[0].filters[0] (RequestRateLimiter) replenishRate is required"),
        ([], ["Compress"], "g.yaml:5: routes[0].filters[0] (Compress) is no filter; there are StripPrefix"),
    ])
    func a_component_that_is_wrong_is_named(predicates: [String], filters: [String], problem: String) {
        let found = findings(route(predicates: predicates, filters: filters)).problems
        #expect(found.count == 1 && found[0].hasPrefix(problem), "\(found)")
    }

    @Test(arguments: [
        ("routes:\n  - {id: a, uri: ordr}", "g.yaml:2: routes[0].uri names no service and no upstream \"ordr\""),
        ("routes:\n  - {id: a}", "g.yaml:2: routes[0].uri is required"),
        ("routes:\n  - {id: a, uri: \"ftp://x\"}", "g.yaml:2: routes[0].uri must be a URL that begins with http://"),
        ("routes:\n  - {id: a, uri: \"http://\"}", "g.yaml:2: routes[0].uri must name a host"),
        ("routes:\n  - {id: a, uri: \"forward:x\"}", "g.yaml:2: routes[0].uri must be forward: and a path"),
        ("routes:\n  - {id: a, uri: order, predicate: []}", "g.yaml:2: routes[0].predicate is not a known key"),
        ("routes:\n  - {path: /a, service: x}", "g.yaml:2: routes[0].service must be one of cart"),
        ("routes:\n  - {path: a, service: order}", "g.yaml:2: routes[0].path must begin with /"),
        (
            "routes:\n  - {id: a, uri: order}\n  - {id: a, uri: order}",
            "g.yaml:3: routes[1].id must be another one: a is the id of a route before it"
        ),
        (
            "routes:\n  - id: a\n    uri: order\n    filters:\n    - name: Retry\n      args:\n        retries: no",
            "g.yaml:7: routes[0].filters[0].args.retries must be a whole number from 1 to 20, not \"no\""
        ),
        (
            "routes:\n  - id: a\n    uri: order\n    filters:\n    - name: Retry\n      args: {tries: 1}",
            "g.yaml:6: routes[0].filters[0].args.tries is no argument of Retry; it has retries"
        ),
        (
            "routes:\n  - id: a\n    uri: order\n    filters:\n    - {name: CircuitBreaker, args: {name: b, fallbackUri: /x}}",
            "g.yaml:5: routes[0].filters[0].args.fallbackUri must be forward: and a path"
        ),
        ("trustedProxies: [10.0.0.0/40]", "g.yaml:1: trustedProxies must be addresses or ranges"),
        ("accessLog: loud", "g.yaml:1: accessLog must be one of off, json, combined, not \"loud\""),
        ("upstreams: {a: {targets: []}}", "g.yaml:1: upstreams.a.targets must name at least one server"),
        ("upstreams: {a: {targets: [x]}}", "g.yaml:1: upstreams.a.targets[0] must be a URL"),
        ("httpclient: {response-timeout: soon}", "g.yaml:1: httpclient.response-timeout must be milliseconds"),
        (
            "globalcors: {cors-configurations: {\"[/**]\": {allowedOrigins: [shop]}}}",
            "g.yaml:1: globalcors.cors-configurations.[/**].allowedOrigins must be origins such as"
        ),
    ])
    func a_setting_that_is_wrong_is_named(yaml: String, problem: String) {
        let found = findings(yaml).problems
        #expect(found.count == 1 && found[0].hasPrefix(problem), "\(found)")
    }

    @Test func two_breakers_of_one_name_must_agree() {
        func breaker(_ calls: Int) -> String {
            "filters: [{name: CircuitBreaker, args: {name: b, minimumCalls: \(calls)}}]"
        }
        let yaml = "routes:\n  - {id: a, uri: order, \(breaker(1))}\n  - {id: c, uri: order, \(breaker(2))}\n"
        #expect(findings(yaml).problems.count == 1)
        #expect(findings(yaml.replacing("minimumCalls: 2", with: "minimumCalls: 1")).problems == [])
    }

    @Test func what_springs_files_have_beside_is_passed_over_and_said() {
        let yaml = """
            discovery: {locator: {enabled: true}}
            httpclient: {connect-timeout: 1000, response-timeout: 5s, pool: {max-connections: 10}}
            routes:
              - {id: a, uri: "http://h:1/ignored", metadata: {response-timeout: 200, owner: us}, filters: [{name: Retry, args: {methods: POST}}]}
            """
        let found = findings(yaml)
        #expect(found.problems == [])
        #expect(found.warnings.count == 4, "\(found.warnings)")
        #expect(found.warnings.first == "g.yaml:1: discovery has no meaning here and is ignored")
    }
}
