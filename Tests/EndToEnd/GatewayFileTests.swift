import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// A file of Spring Cloud Gateway's runs as it stands.
    @Suite struct GatewayFileTests {
        /// Two profiles, four routes and CORS for all, as such a file is often published.
        static let file = """
            server:
              port: 8088
            ---
            spring:
              profiles: default
              cloud:
                gateway:
                  routes:
                    - {id: order, uri: "http://localhost:8084", predicates: ["Path=/orders/**"]}
                    - {id: payment, uri: "http://localhost:8085", predicates: ["Path=/payments/**"]}
                    - {id: delivery, uri: "http://localhost:8086", predicates: ["Path=/deliveries/**"]}
                    - {id: orderDashboard, uri: "http://localhost:8087", predicates: ["Path= /orderDashboards/**"]}
                  globalcors:
                    corsConfigurations:
                      '[/**]': {allowedOrigins: ["*"], allowedMethods: ["*"], allowedHeaders: ["*"], allowCredentials: true}
            ---
            spring:
              profiles: docker
              cloud:
                gateway:
                  routes:
                    - {id: order, uri: "http://order.invalid:8080", predicates: ["Path=/orders/**"]}
                  globalcors:
                    corsConfigurations:
                      '[/**]': {allowedOrigins: ["*"], allowedMethods: ["*"], allowedHeaders: ["*"], allowCredentials: true}
            server:
              port: 8080
            """

        private static func text(ports: [Int: Int]) -> String {
            ports.reduce(into: file) { text, port in
                // With what stands around them: another port may hold the same digits.
                text = text.replacingOccurrences(of: ":\(port.key)\"", with: ":\(port.value)\"")
                text = text.replacingOccurrences(of: "port: \(port.key)", with: "port: \(port.value)")
            }
        }

        @Test func the_file_runs_and_its_four_routes_answer() async throws {
            let port = try FreePorts.find(1)[0]
            let upstreams = try (0..<4).map { _ in try RecordingUpstream() }
            defer { for upstream in upstreams { upstream.stop() } }
            let gateway = try GatewayUnderTest(port: port)
            let ports = Dictionary(uniqueKeysWithValues: upstreams.enumerated().map { (8084 + $0, $1.port) })
            try gateway.write(Self.text(ports: ports.merging([8088: port]) { $1 }))
            try await gateway.start()
            for (index, path) in ["/orders", "/payments/1", "/deliveries", "/orderDashboards?page=1"].enumerated() {
                #expect(try gateway.ask("GET", path).text == "ok", "\(path)")
                #expect(upstreams[index].take().first?.hasPrefix("GET \(path) HTTP/1.1\r\n") == true, "\(path)")
            }
            #expect(try gateway.ask("GET", "/products").status == 404)
            // Said at the start, with the line; and answered without.
            #expect(
                gateway.log.contains("application.yml:15: spring.cloud.gateway.globalcors.corsConfigurations.[/**]"))
            #expect(gateway.log.contains("the Fetch standard forbids the origin * together with credentials"))
            let preflight = try gateway.ask(
                "OPTIONS", "/orders",
                [
                    "Origin: https://shop.example", "Access-Control-Request-Method: POST",
                    "Access-Control-Request-Headers: content-type",
                ])
            #expect(preflight.status == 204)
            #expect(preflight.header("Access-Control-Allow-Origin") == "*")
            #expect(preflight.header("Access-Control-Allow-Methods") == "POST")
            #expect(preflight.header("Access-Control-Allow-Headers") == "content-type")
            #expect(preflight.header("Access-Control-Allow-Credentials") == nil)
            let placed = try gateway.ask("POST", "/orders", ["Origin: https://shop.example", "Content-Length: 0"])
            #expect(placed.status == 200)
            #expect(placed.header("Access-Control-Allow-Origin") == "*")
        }

        @Test func a_profile_chooses_its_document() async throws {
            let port = try FreePorts.find(1)[0]
            let gateway = try GatewayUnderTest(port: port)
            try gateway.write(Self.text(ports: [8080: port]))
            try await gateway.start(["--profile", "docker"])
            #expect(try gateway.ask("GET", "/orders").status == 503)
            #expect(try gateway.ask("GET", "/payments").status == 404)
            let wrong = try await CommandResult.run(
                ShopUnderTest.program, ["serve", "gateway", "--config", gateway.file.path(), "--profile", "dokcer"])
            #expect(wrong.status == 2 && wrong.output.contains("has no document for the profile dokcer"), "\(wrong)")
        }

        @Test func head_has_the_length_of_the_upstreams_answer_and_the_caller_is_told_on() async throws {
            let upstream = try RecordingUpstream()
            defer { upstream.stop() }
            let port = try FreePorts.find(1)[0]
            let gateway = try GatewayUnderTest(port: port)
            try gateway.write(
                """
                gateway:
                  port: \(port)
                  trustedProxies: [127.0.0.0/8]
                  routes: [{id: r, uri: "http://127.0.0.1:\(upstream.port)", predicates: ["Path=/**"]}]
                """)
            try await gateway.start()
            let connection = RawConnection(port: port)
            for _ in 0..<2 {
                // A body behind it would be taken for the beginning of the next answer.
                let head = try connection.exchange(Array("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
                #expect(head.status == 200)
                #expect(head.header("Content-Length") == "2")
            }
            _ = upstream.take()
            let fields = ["X-Forwarded-For: 8.8.8.8", "X-Forwarded-Proto: https", "X-Request-Id: from-the-edge"]
            let answer = try gateway.ask("GET", "/", fields)
            #expect(answer.header("X-Request-Id") == "from-the-edge")
            #expect(answer.header("Via") == "1.1 sambal")
            let seen = upstream.take().joined()
            #expect(seen.contains("X-Forwarded-For: 8.8.8.8, 127.0.0.1\r\n"), "\(seen)")
            #expect(seen.contains("X-Forwarded-Proto: https\r\n"))
            #expect(seen.contains("Forwarded: for=127.0.0.1;host=\"localhost:\(port)\";proto=https\r\n"))
        }

        @Test func an_edited_file_is_taken_over_and_a_bad_one_refused() async throws {
            let upstreams = try (0..<2).map { _ in try RecordingUpstream() }
            defer { for upstream in upstreams { upstream.stop() } }
            let port = try FreePorts.find(1)[0]
            let gateway = try GatewayUnderTest(port: port)
            func yaml(_ path: String, _ upstream: RecordingUpstream) -> String {
                "gateway:\n  port: \(port)\n  routes:\n    - id: r\n      uri: http://127.0.0.1:\(upstream.port)\n"
                    + "      predicates: [\"Path=\(path)\"]\n"
            }
            try gateway.write(yaml("/orders/**", upstreams[0]))
            try await gateway.start()
            #expect(try gateway.ask("GET", "/orders").status == 200)

            try gateway.write(yaml("orders", upstreams[1]))
            try await eventually("the bad file is refused") {
                gateway.log.contains(
                    "application.yml:6: gateway.routes[0].predicates[0] (Path) patterns must begin with /")
            }
            #expect(gateway.log.contains("the old one stays in force"))
            #expect(try gateway.ask("GET", "/orders").status == 200)
            #expect(upstreams[1].take().isEmpty)

            // Requests all the while: none may fail.
            let loaded = Task {
                var failures: [String] = []
                var count = 0
                while !Task.isCancelled, count < 100_000 {
                    let answer = try? gateway.ask("GET", "/orders/\(count)")
                    if answer?.status != 200 { failures.append(answer?.head ?? "no answer") }
                    count += 1
                    await Task.yield()
                }
                return (failures, count)
            }
            for round in 0..<6 {
                let upstream = upstreams[(round + 1) % 2]
                _ = upstream.take()
                try gateway.write(yaml("/orders/**", upstream))
                try await eventually("the file is taken over") { !upstream.take().isEmpty }
            }
            loaded.cancel()
            let (failures, count) = await loaded.value
            #expect(failures.isEmpty && count > 20, "\(count): \(failures.prefix(3))")
        }
    }
}
