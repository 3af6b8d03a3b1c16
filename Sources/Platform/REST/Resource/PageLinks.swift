import HTTP
import Storage

/// `self`, `first`, `prev`, `next` and `last` of a page. They keep the rest of the query; only a page that was cut has a
/// size of its own.
struct PageLinks {
    let links: [HALLink]

    init<Root>(address: String, query: HTTP.Query, page: Page<Root>) {
        let size = "\(page.request.size)"
        let isCut = query["size"].map { $0 != size } ?? (page.request.size != PageRequest.defaultSize)
        let kept =
            (isCut ? ["size=\(size)"] : [])
            + query.items.filter { $0.name != "page" && !(isCut && $0.name == "size") }
            .map { "\(HTTP.Query.encode($0.name))=\(HTTP.Query.encode($0.value))" }
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
