package import HTTP
import Kernel
package import Storage

/// A page of resources as HAL has it: `_embedded.<name>`, `_links` and `page`.
package struct HALCollection<Content: Encodable>: Encodable {
    let name: String
    let items: [HALItem<Content>]
    let links: [HALLink]
    let page: HALPageNumbers

    private enum Keys: String, CodingKey {
        case embedded = "_embedded"
        case links = "_links"
        case page
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        var embedded = container.nestedContainer(keyedBy: TextKey.self, forKey: .embedded)
        try embedded.encode(items, forKey: TextKey(name))
        try container.encode(HALLinks(links), forKey: .links)
        try container.encode(page, forKey: .page)
    }
}

extension HALCollection {
    /// `path` is the collection's own, and `item` makes of each what is shown.
    package init<Item>(
        _ page: Page<Item>, named name: String, at path: String, of request: Request, links: [HALLink] = [],
        item: (Item) throws -> HALItem<Content>
    ) rethrows {
        self.init(
            name: name, items: try page.items.map(item),
            links: PageLinks(address: request.baseURL + path, query: request.query, page: page).links + links,
            page: HALPageNumbers(
                size: page.request.size, totalElements: page.totalElements, totalPages: page.totalPages,
                number: page.request.number))
    }
}

/// The shape of a page of resources, for the OpenAPI document; `HALCollection` is what is sent.
struct HALPage<Root: Entity>: Codable {
    let _embedded: HALEmbedded<Root>
    let _links: [String: HALTarget]
    let page: HALPageNumbers
}

/// The items, under the name of their collection.
struct HALEmbedded<Root: Entity>: Codable {
    let items: [Root]

    init(from decoder: any Decoder) throws {
        items = try decoder.container(keyedBy: TextKey.self).decode([Root].self, forKey: TextKey(Root.collection.name))
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: TextKey.self)
        try container.encode(items, forKey: TextKey(Root.collection.name))
    }
}

/// Where a link leads.
struct HALTarget: Codable {
    let href: String
    let templated: Bool?
}

struct HALPageNumbers: Codable {
    let size: Int
    let totalElements: Int
    let totalPages: Int
    let number: Int
}
