package import HTTP
package import Storage

extension PageRequest {
    static let defaultSize = 20

    /// `?page=0&size=20&sort=field,desc`, as Spring Data has it: zero-based, 20 by default, 1000 at most, `sort` repeatable.
    package init(query: QueryString, sortable: [String]) throws {
        let number = try query.integer("page", default: 0, in: 0...1_000_000)
        let size = try query.integer("size", default: Self.defaultSize, in: 1...1000)
        let sort = try query.all("sort").map { try Sort(text: $0, sortable: sortable) }
        self.init(number: number, size: size, sort: sort)
    }
}

extension Sort {
    init(text: String, sortable: [String]) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard sortable.contains(parts[0]) || parts[0] == "id" else {
            throw Problem.invalid("sort", "cannot be by \(parts[0]); one of \(sortable.joined(separator: ", "))")
        }
        switch parts.dropFirst() {
        case [], ["asc"]: self.init(parts[0])
        case ["desc"]: self.init(parts[0], descending: true)
        default: throw Problem.invalid("sort", "must be a field, or a field and asc or desc")
        }
    }
}

extension QueryParameter {
    /// The query parameters of a page, for the OpenAPI document.
    package static var paging: [QueryParameter] {
        [
            QueryParameter("page", .integer(), description: "Zero-based"),
            QueryParameter("size", .integer(), description: "From 1 to 1000, 20 unless told otherwise"),
            QueryParameter("sort", description: "A field, or a field and asc or desc: `name,desc`"),
        ]
    }
}

/// `self`, `first`, `prev`, `next` and `last` of a page. They keep the rest of the query; only a page that was cut has a
/// size of its own.
struct PageLinks {
    let links: [HALLink]

    init<Root>(address: String, query: QueryString, page: Page<Root>) {
        let size = "\(page.request.size)"
        let isCut = query["size"].map { $0 != size } ?? (page.request.size != PageRequest.defaultSize)
        let kept =
            (isCut ? ["size=\(size)"] : [])
            + query.items.filter { $0.name != "page" && !(isCut && $0.name == "size") }
            .map { "\(QueryString.encode($0.name))=\(QueryString.encode($0.value))" }
        func link(_ relation: String, _ number: Int) -> HALLink {
            HALLink(relation, address + "?" + (["page=\(number)"] + kept).joined(separator: "&"))
        }
        let (number, last) = (page.request.number, max(0, page.totalPages - 1))
        var links = [link("self", number)]
        if page.totalPages > 1 {
            links.append(link("first", 0))
            if number > 0 { links.append(link("prev", min(number - 1, last))) }
            if number < last { links.append(link("next", number + 1)) }
            links.append(link("last", last))
        }
        self.links = links
    }
}
