import Foundation
import HTTP
import Kernel
import ServiceTestSupport
import Testing

@testable import GatewayService

@Suite struct ForwardingTests {
    @Test func head_has_the_length_of_the_upstream_and_no_body() async throws {
        try await ServiceUnderTest.gateway(route()) { gateway, upstreams in
            upstreams.register("order", in: gateway) { _ in .text("twelve bytes") }
            let answer = try await gateway.send(.head, "/orders")
            #expect(answer.status == 200)
            #expect(answer.body.isEmpty)
            #expect(answer.omittedBody == .init(length: 12))
            #expect(upstreams.requests.first?.method == .head)
        }
    }

    @Test func what_an_untrusted_caller_says_of_others_is_not_passed_on() async throws {
        try await ServiceUnderTest.gateway(route()) { gateway, upstreams in
            _ = try await gateway.send(
                .get, "/orders", "",
                [
                    "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example",
                    "Forwarded": "for=1.2.3.4;proto=https", "X-Request-Id": "mine", "Via": "1.1 edge",
                ])
            let headers = try #require(upstreams.requests.first).headers
            #expect(headers["X-Forwarded-For"] == nil)
            #expect(headers.all("X-Forwarded-Proto") == ["http"])
            #expect(headers.all("X-Forwarded-Host") == ["gateway"])
            #expect(headers.all("Forwarded") == ["for=unknown;host=\"gateway\";proto=http"])
            #expect(headers.all("Via") == ["1.1 edge", "1.1 sambal"])
            #expect(headers["X-Request-Id"]?.count == 26)
        }
    }

    /// Servers that keep fields as variables read `Content_Length` and `Content-Length` as one.
    @Test func names_that_some_servers_read_as_another_field_are_not_passed_on() async throws {
        let given: Headers = [
            "Content_Length": "0", "Transfer_Encoding": "chunked", "X_Forwarded_For": "1.2.3.4",
            "X.Forwarded.Proto": "https",
            "X_API_KEY": "secret", "X-Api-Version": "2", "X2": "kept",
        ]
        let left: [(yaml: String, names: Set<String>)] = [
            ("", ["X-Api-Version", "X2"]), ("headerNames: any\n", ["X-Api-Version", "X2", "X_API_KEY"]),
        ]
        for (yaml, names) in left {
            try await ServiceUnderTest.gateway(yaml + route()) { gateway, upstreams in
                let answer = try await gateway.send(.post, "/orders", "{}", given)
                #expect(answer.status == 200)
                let passed = Set(try #require(upstreams.requests.first).headers.fields.map(\.name))
                #expect(passed.intersection(Set(given.fields.map(\.name))) == names, "\(yaml)")
            }
        }
    }

    @Test func a_route_is_not_chosen_by_a_field_that_is_not_passed_on() async throws {
        try await ServiceUnderTest.gateway(route(predicates: ["Path=/**", "Header=X_Admin"])) { gateway, upstreams in
            let answer = try await gateway.send(.get, "/orders", "", ["X_Admin": "1"])
            #expect(answer.status == 404)
            #expect(upstreams.requests.isEmpty)
        }
    }

    @Test(arguments: [
        // Peer, trusted, X-Forwarded-For, the client, and what is sent on.
        ("10.0.0.1", ["10.0.0.0/8"], "9.9.9.9, 8.8.8.8", "8.8.8.8", "9.9.9.9, 8.8.8.8, 10.0.0.1"),
        ("10.0.0.1", ["10.0.0.0/8"], "8.8.8.8, 10.0.0.2", "8.8.8.8", "8.8.8.8, 10.0.0.2, 10.0.0.1"),
        ("10.0.0.1", ["10.0.0.0/8"], "10.0.0.3, 10.0.0.2", "10.0.0.3", "10.0.0.3, 10.0.0.2, 10.0.0.1"),
        ("10.0.0.1", [], "8.8.8.8", "10.0.0.1", "10.0.0.1"),
        ("11.0.0.1", ["10.0.0.0/8", "::1"], "8.8.8.8", "11.0.0.1", "11.0.0.1"),
        ("::1", ["::1"], "2001:db8::7", "2001:db8::7", "2001:db8::7, ::1"),
        ("10.0.0.1", ["10.0.0.1"], "8.8.8.8:4711", "8.8.8.8", "8.8.8.8:4711, 10.0.0.1"),
    ])
    func the_client_is_the_first_that_is_no_trusted_proxy(
        peer: String, trusted: [String], given: String, client: String, sent: String
    ) {
        var request = Request(method: .get, path: "/", headers: ["Host": "h:8088", "X-Forwarded-For": given])
        request.peerAddress = peer
        let caller = Caller(request, trusted: trusted.compactMap(AddressRange.init))
        #expect(caller.address == client)
        let fields = caller.forwardedFields(for: request)
        #expect(fields.first { $0.name == "X-Forwarded-For" }?.value == sent)
        #expect(fields.first { $0.name == "X-Forwarded-Port" }?.value == "8088")
    }

    @Test func a_trusted_proxy_says_how_it_was_reached() {
        var request = Request(
            method: .get, path: "/",
            headers: [
                "Host": "inner", "Forwarded": "for=\"[2001:db8::1]:80\";proto=https;host=shop.example",
            ])
        request.peerAddress = "127.0.0.1"
        let caller = Caller(request, trusted: [AddressRange("127.0.0.0/8")].compactMap(\.self))
        #expect(caller.origin == "https://shop.example")
        #expect(caller.address == "[2001:db8::1]" || caller.address == "2001:db8::1")
        let fields = caller.forwardedFields(for: request)
        #expect(fields.first { $0.name == "X-Forwarded-Proto" }?.value == "https")
        #expect(fields.first { $0.name == "X-Forwarded-Port" }?.value == "443")
    }

    /// The request comes from 10.0.0.1, and perhaps through 10.0.0.2 before that; 9.9.9.9 is what a client has made up.
    @Test(arguments: [
        // One family only: what a client writes in the other one is passed on by proxies that do not know it.
        (["X-Forwarded-For: 8.8.8.8", "X-Forwarded-Proto: http", "Forwarded: for=9.9.9.9;proto=https"], "http"),
        (["X-Forwarded-For: 8.8.8.8", "Forwarded: for=9.9.9.9;proto=https;host=evil.example"], "http"),
        (["X-Forwarded-Proto: http", "Forwarded: for=9.9.9.9;proto=https"], "http"),
        // The element of the hop at which the client stands, not another one.
        (["Forwarded: for=9.9.9.9;proto=https;host=evil.example, for=8.8.8.8;proto=http"], "http"),
        (["Forwarded: for=9.9.9.9;proto=http, for=8.8.8.8;proto=https"], "https"),
        (["Forwarded: for=8.8.8.8;proto=https, for=10.0.0.2;proto=http"], "https"),
        (["Forwarded: for=9.9.9.9;proto=https;host=evil.example, for=8.8.8.8, for=10.0.0.2;proto=https"], "http"),
        (["X-Forwarded-For: 8.8.8.8, 10.0.0.2", "X-Forwarded-Proto: https, http"], "https"),
        (["X-Forwarded-For: 9.9.9.9, 8.8.8.8, 10.0.0.2", "X-Forwarded-Proto: https, http, https"], "http"),
        // A proxy replaced the field instead of adding to it; or the client wrote more than there are hops.
        (["X-Forwarded-For: 8.8.8.8, 10.0.0.2", "X-Forwarded-Proto: https"], "https"),
        (["X-Forwarded-For: 8.8.8.8", "X-Forwarded-Proto: https, https, http"], "http"),
        // A name that stands for an address ends the chain: nobody that is trusted has seen what is before it.
        (["Forwarded: for=9.9.9.9;proto=https;host=evil.example, for=unknown;proto=http"], "http"),
    ])
    func the_scheme_is_that_of_the_hop_which_a_trusted_proxy_has_seen(fields: [String], scheme: String) {
        var headers: Headers = ["Host": "shop.example"]
        for field in fields {
            let pair = field.split(separator: ":", maxSplits: 1)
            headers.add(String(pair[0]), String(pair[1].drop { $0 == " " }))
        }
        var request = Request(method: .get, path: "/", headers: headers)
        request.peerAddress = "10.0.0.1"
        let caller = Caller(request, trusted: [AddressRange("10.0.0.0/8")].compactMap(\.self))
        #expect(caller.scheme == scheme)
        #expect(caller.host == "shop.example")
        #expect(caller.address != "9.9.9.9")
    }

    @Test func a_request_in_circles_is_stopped() async throws {
        try await ServiceUnderTest.gateway(route()) { (gateway, upstreams) async throws in
            let via = Array(repeating: "1.1 sambal", count: 8).joined(separator: ", ")
            #expect(try await gateway.send(.get, "/", "", ["Via": via]).status == 508)
            #expect(upstreams.requests.isEmpty)
        }
    }

    @Test func trace_is_not_passed_on() async throws {
        try await ServiceUnderTest.gateway(route()) { gateway, upstreams in
            let answer = try await gateway.send(.init(rawValue: "TRACE"), "/orders")
            #expect(answer.status == 405)
            #expect(answer.headers["Allow"]?.contains("GET") == true)
            #expect(upstreams.requests.isEmpty)
        }
    }

    @Test func a_method_in_small_letters_is_not_passed_on() async throws {
        try await ServiceUnderTest.gateway(route()) { (gateway, upstreams) async throws in
            #expect(try await gateway.send(.init(rawValue: "get"), "/orders").status == 501)
            #expect(upstreams.requests.isEmpty)
        }
    }

    @Test(arguments: [(HTTPMethod.get, "/problems/x"), (.post, Problem.outcomeUnknownType)])
    func an_upstream_that_is_silent_is_given_up(method: HTTPMethod, type: String) async throws {
        try await ServiceUnderTest.run(GatewayService.self, "timeout: 2s\n" + route()) { gateway in
            let loop = gateway.loop
            gateway.transport.register("order") { _ in
                try? await loop.sleep(for: .seconds(10))
                return .text("late")
            }
            let began = loop.uptime
            let answer = try await gateway.send(method, "/orders/7/refunds", "{}")
            #expect(answer.status == 504)
            #expect(loop.uptime - began < .seconds(3))
            let problem = try #require(Problem(answer))
            #expect(problem.isOutcomeUnknown == (type == Problem.outcomeUnknownType))
            #expect(problem.look == (problem.isOutcomeUnknown ? "/orders/7" : nil))
        }
    }

    @Test func an_upstream_that_is_not_there_has_done_nothing() async throws {
        try await ServiceUnderTest.run(GatewayService.self, route(uri: "http://nowhere")) { gateway in
            let answer = try await gateway.send(.post, "/orders", "{}")
            #expect(answer.status == 503)
            #expect(answer.headers["Retry-After"] != nil)
            #expect(Problem(answer)?.dependency != nil)
        }
    }

    @Test func an_access_log_line_is_one_line_whatever_it_holds() throws {
        let entry = AccessLog.Entry(
            time: .init(milliseconds: 1_700_000_000_000), client: "10.0.0.1", method: "GET", path: "/a\"b\n",
            status: 200,
            bytes: 12, duration: .milliseconds(1500), route: "r", requestID: "R1", referrer: "", agent: "curl/8 \u{1}\\"
        )
        #expect(
            AccessLog.line(entry, .combined)
                == "10.0.0.1 - - [14/Nov/2023:22:13:20 +0000] \"GET /a\\\"b? HTTP/1.1\" 200 12 \"-\" \"curl/8 ?\\\\\"\n"
        )
        let json = AccessLog.line(entry, .json)
        #expect(json.filter { $0 == "\n" }.count == 1)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: any Sendable])
        #expect(object["path"] as? String == "/a\"b\n")
        #expect(object["status"] as? Int == 200)
    }
}
