import Storage

/// What a page of resources looks like, for the OpenAPI document; `HALCollection` is what is sent.
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
