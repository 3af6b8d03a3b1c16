/// A page of resources as HAL has it: `_embedded.<name>`, `_links` and `page`.
struct HALCollection<Content: Encodable>: Encodable {
    let name: String
    let items: [HALItem<Content>]
    let links: [HALLink]
    let page: HALPageNumbers

    private enum Keys: String, CodingKey {
        case embedded = "_embedded"
        case links = "_links"
        case page
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        var embedded = container.nestedContainer(keyedBy: TextKey.self, forKey: .embedded)
        try embedded.encode(items, forKey: TextKey(name))
        try container.encode(HALLinks(links), forKey: .links)
        try container.encode(page, forKey: .page)
    }
}
