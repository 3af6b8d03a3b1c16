/// Which part of a collection, in which order.
public struct PageRequest: Sendable, Hashable {
    /// Zero-based.
    public var number: Int
    /// At least 1.
    public var size: Int
    public var sort: [Sort]

    public init(number: Int = 0, size: Int = 20, sort: [Sort] = []) {
        self.number = number
        self.size = size
        self.sort = sort
    }
}

extension PageRequest {
    /// The number of items before it; the greatest number where there is none that large.
    var offset: Int {
        let (offset, overflow) = number.multipliedReportingOverflow(by: size)
        return overflow ? .max : offset
    }
}

/// A part of a collection and how much there is in all.
public struct Page<Item: Sendable>: Sendable {
    public let items: [Item]
    public let request: PageRequest
    public let totalElements: Int

    public init(items: [Item], request: PageRequest, totalElements: Int) {
        self.items = items
        self.request = request
        self.totalElements = totalElements
    }

    public var totalPages: Int { (totalElements + request.size - 1) / request.size }
    public var hasNext: Bool { request.number + 1 < totalPages }

    public func map<Other: Sendable>(_ transform: (Item) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), request: request, totalElements: totalElements)
    }
}
