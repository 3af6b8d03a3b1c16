public import HTTP
import Kernel

/// A resource as HAL has it: its own properties and `_links` (draft-kelly-json-hal, as Spring Data REST writes it).
public struct HALItem<Content: Encodable>: Encodable {
    public let content: Content
    public let links: [HALLink]

    public init(_ content: Content, links: [HALLink]) {
        self.content = content
        self.links = links
    }

    private enum Keys: String, CodingKey {
        case links = "_links"
    }

    public func encode(to encoder: any Encoder) throws {
        try content.encode(to: encoder)
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(HALLinks(links), forKey: .links)
    }
}

extension HALItem: Sendable where Content: Sendable {}

/// A relation and where it leads.
public struct HALLink: Sendable, Hashable {
    public let relation: String
    public let href: String
    public let isTemplated: Bool

    public init(_ relation: String, _ href: String, templated: Bool = false) {
        self.relation = relation
        self.href = href
        isTemplated = templated
    }
}

/// Links in the order in which they were given, under their relations.
struct HALLinks: Encodable {
    private let links: [HALLink]

    init(_ links: [HALLink]) {
        self.links = links
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: TextKey.self)
        for link in links {
            let target = HALTarget(href: link.href, templated: link.isTemplated ? true : nil)
            try container.encode(target, forKey: TextKey(link.relation))
        }
    }
}

extension Request {
    /// Where the caller reached this server, for links: what a proxy says of it (`X-Forwarded-*`), else `Host`.
    public var baseURL: String {
        let scheme = headers["X-Forwarded-Proto"] ?? "http"
        let host = headers["X-Forwarded-Host"] ?? headers["Host"] ?? "localhost"
        return scheme + "://" + host
    }
}
