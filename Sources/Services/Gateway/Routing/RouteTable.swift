import HTTP
import Kernel

/// The routes in their order: the first whose predicates all hold takes the request. Routes with a lower `order` come
/// first, others as they are written, as in Spring Cloud Gateway.
struct RouteTable: Sendable {
    let routes: [GatewayRoute]
    /// The most that a `RequestSize` filter takes; 0 if there is none.
    let largestBody: Int
    /// Whether a route asks who sends a request.
    let hasClosedRoutes: Bool
    /// For each group of weights, the routes in it by their index and weight.
    private let groups: [String: [(index: Int, weight: Int)]]

    init(_ routes: [GatewayRoute]) {
        let sorted = routes.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
            .map(\.element)
        var groups: [String: [(index: Int, weight: Int)]] = [:]
        for (index, route) in sorted.enumerated() {
            guard let (group, weight) = route.weight else { continue }
            groups[group, default: []].append((index, weight))
        }
        self.routes = sorted
        largestBody = sorted.flatMap(\.filters).map(\.largestBody).max() ?? 0
        hasClosedRoutes = sorted.contains { !$0.isOpen }
        self.groups = groups
    }

    /// The route of a request and the variables of its patterns. `random` is asked once for each group of weights.
    func route(_ request: Request, random: () -> UInt64) -> (route: GatewayRoute, variables: [String: String])? {
        let chosen = groups.isEmpty ? nil : choose(random)
        let candidate = RouteCandidate(request)
        next: for (index, route) in routes.enumerated() {
            if let chosen, let group = route.weight?.group, chosen[group] != index { continue }
            var variables: [String: String] = [:]
            for predicate in route.predicates {
                guard let more = predicate.match(candidate) else { continue next }
                if !more.isEmpty { variables.merge(more) { $1 } }
            }
            return (route, variables)
        }
        return nil
    }

    /// The route of each group that may take this request.
    private func choose(_ random: () -> UInt64) -> [String: Int] {
        groups.mapValues { members in
            let total = members.reduce(0) { $0 + $1.weight }
            guard total > 0 else { return -1 }
            var left = Int(random() % UInt64(total))
            return members.first { member in
                left -= member.weight
                return left < 0
            }?.index ?? -1
        }
    }
}
