import Configuration
import Testing

@testable import GatewayService

/// Under which path an operation of a service is seen through a route.
@Suite struct SeenPathTests {
    private static func route(_ predicates: [String], _ filters: [String]) throws -> GatewayRoute {
        let yaml = GatewayServiceTests.route(predicates: predicates, filters: filters)
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, environment: [:]))
        let route = GatewaySettings(from: reader.root, services: ["order"]).table.routes[0]
        try reader.finish()
        return route
    }

    private static let cases: [([String], [String], String, String?)] = [
        (["Path=/**"], [], "/orders/{id}", "/orders/{id}"),
        ([], [], "/orders", "/orders"),
        (["Path=/orders/**"], [], "/orders", "/orders"),
        (["Path=/orders/**"], [], "/orders/{id}/refunds/{refund}", "/orders/{id}/refunds/{refund}"),
        (["Path=/payments/**"], [], "/orders/{id}", nil),
        (["Path=/o?ders/{rest}"], [], "/orders/{id}", "/orders/{id}"),
        (["Path=/orders/{number:\\d+}"], [], "/orders/{id}", "/orders/{id}"),
        (["Path=/orders/{number:[a-z]+}"], [], "/orders/{id}", "/orders/{id}"),
        (["Path=/shop/**"], ["StripPrefix=1"], "/orders/{id}", "/shop/orders/{id}"),
        (["Path=/{tenant}/x/**"], ["StripPrefix=2"], "/orders/{id}", "/{tenant}/x/orders/{id}"),
        (["Path=/orders/**"], ["PrefixPath=/api"], "/api/orders/{id}", "/orders/{id}"),
        (["Path=/orders/**"], ["PrefixPath=/api"], "/orders/{id}", nil),
        (["Path=/red/**"], ["RewritePath=/red/?(?<rest>.*), /$\\{rest}"], "/orders/{id}", "/red/orders/{id}"),
        (["Path=/o/{id}"], ["SetPath=/orders/{id}"], "/orders/{orderId}", "/o/{orderId}"),
        (["Path=/first"], ["SetPath=/orders/1"], "/orders/{id}", nil),
        (["Path=/a/**", "Path=/a/b/**"], ["StripPrefix=2"], "/orders", "/a/b/orders"),
    ]

    @Test(arguments: cases)
    func it_is_the_path_that_leads_there(
        predicates: [String], filters: [String], path: String, seen: String?
    ) throws {
        #expect(try Self.route(predicates, filters).seenPath(of: path) == seen)
    }
}
