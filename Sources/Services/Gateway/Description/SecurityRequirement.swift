import Kernel
import Tokens

/// How OpenAPI says who may send a request of a route.
enum SecurityRequirement {
    private static let token = "accessToken"
    private static let key = "apiKey"
    /// Ways to satisfy several filters that ask for roles; a route with more of them names no roles.
    private static let limit = 64

    static func schemes(_ access: AccessSettings) -> [String: JSONDocument] {
        var schemes: [String: JSONDocument] = [:]
        if !access.issuers.isEmpty {
            schemes[token] = ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]
        }
        if access.apiKeys != nil { schemes[key] = ["type": "apiKey", "in": "header", "name": .text(APIKey.field)] }
        return schemes
    }

    /// Each of them suffices; `nil` for an open route. The roles in one of them are all needed (OpenAPI 3.1, "Security
    /// Requirement Object").
    static func alternatives(_ route: GatewayRoute, _ access: AccessSettings) -> JSONDocument? {
        guard !route.isOpen else { return nil }
        var roles: [[String]] = [[]]
        for case .requireRole(let choices) in route.filters {
            roles = roles.flatMap { before in choices.map { before.contains($0) ? before : before + [$0] } }
            if roles.count > limit { roles = [[]] }
        }
        return .list(
            schemes(access).keys.sorted().flatMap { scheme in
                roles.map { .object([scheme: .list($0.map { .text($0) })]) }
            })
    }
}
