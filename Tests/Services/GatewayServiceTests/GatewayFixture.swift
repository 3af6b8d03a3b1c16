import Configuration
import Foundation
import HTTP
import Kernel
import ServiceTestSupport
import Synchronization

@testable import GatewayService

/// Keeps what an upstream got, and answers.
final class Upstreams: Sendable {
    private let seen = Mutex<[Request]>([])
    var requests: [Request] { seen.withLock { $0 } }

    func register(
        _ authority: String, in gateway: ServiceUnderTest,
        _ answer: @escaping @Sendable (Request) -> Response = { _ in Response(status: 200, body: Data("ok".utf8)) }
    ) {
        gateway.transport.register(authority) { [self] request in
            seen.withLock { $0.append(request) }
            return answer(request)
        }
    }
}

extension ServiceUnderTest {
    /// A gateway with one upstream, `order`, which answers 200.
    static func gateway(
        _ yaml: String, _ body: @escaping @Sendable (ServiceUnderTest, Upstreams) async throws -> Void
    ) async throws {
        try await run(GatewayService.self, yaml) { gateway in
            let upstreams = Upstreams()
            upstreams.register("order", in: gateway)
            try await body(gateway, upstreams)
        }
    }
}

/// What is wrong with a section of the gateway's, and what is warned of.
func findings(_ yaml: String) -> (problems: [String], warnings: [String]) {
    do {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, name: "g.yaml", environment: [:]))
        _ = GatewayService(from: reader.root)
        let warnings = reader.warnings.map(\.description)
        do {
            try reader.finish()
        } catch {
            return (error.problems.map(\.description), warnings)
        }
        return ([], warnings)
    } catch {
        return (["\(error)"], [])
    }
}

/// A route to `order` with these predicates and filters.
func route(predicates: [String] = ["Path=/**"], filters: [String] = [], uri: String = "order") -> String {
    func list(_ items: [String]) -> String { items.map { "'\($0)'" }.joined(separator: ", ") }
    return
        "routes:\n  - id: r\n    uri: \(uri)\n    predicates: [\(list(predicates))]\n    filters: [\(list(filters))]\n"
}
