import FoundationEssentials
import HTTP
import Kernel

/// Stripe's interface as it is called: authorised, form-encoded, each POST with its key.
struct StripeClient: Sendable {
    let endpoint: ProviderEndpoint
    let secretKey: String
    let evidence: Evidence

    func post(_ path: String, _ form: StripeForm, key: String) async throws(TransportError) -> Response {
        try await endpoint.send(
            .post, path,
            headers: [
                "Authorization": "Bearer \(secretKey)", "Content-Type": StripeForm.contentType, "Idempotency-Key": key,
            ], body: form.data)
    }

    func get(_ path: String) async throws(TransportError) -> Response {
        try await endpoint.send(.get, path, headers: ["Authorization": "Bearer \(secretKey)"])
    }

    /// Reads an object, or `nil` if Stripe itself says that there is none.
    func object<Object: Decodable>(_ path: String, as type: Object.Type) async throws -> Object? {
        let response = try await get(path)
        if response.status == 404, StripeFailure.read(response)?.error.code == "resource_missing" { return nil }
        guard response.status == 200 else { throw failure(response) }
        return try JSON.decodeSnakeCase(type, from: response.body)
    }

    /// All pages of a list, newest first, at most `pages` of 100. `id` names an item, for the next page's cursor.
    func list<Item: Decodable & Sendable & SendableMetatype>(
        _ path: String, of type: Item.Type, pages: Int, id: (Item) -> String
    ) async throws -> (items: [Item], isWhole: Bool) {
        var items: [Item] = []
        for _ in 0..<pages {
            let page = try await page(path, of: type, after: items.last.map(id))
            items += page.items
            guard page.hasMore else { return (items, true) }
        }
        return (items, false)
    }

    /// 100 items of a list, newest first, from the one that follows `last`.
    func page<Item: Decodable & Sendable & SendableMetatype>(
        _ path: String, of type: Item.Type, after last: String?
    ) async throws -> (items: [Item], hasMore: Bool) {
        let mark = path.contains("?") ? "&" : "?"
        let cursor = last.map { "&starting_after=" + QueryString.encode($0) } ?? ""
        let response = try await get("\(path)\(mark)limit=100\(cursor)")
        guard response.status == 200 else { throw failure(response) }
        let page = try JSON.decodeSnakeCase(StripeList<Item>.self, from: response.body)
        return (page.data, page.hasMore == true && !page.data.isEmpty)
    }

    func failure(_ response: Response) -> ProviderError { ProviderError(evidence.text("Stripe", response)) }
}
