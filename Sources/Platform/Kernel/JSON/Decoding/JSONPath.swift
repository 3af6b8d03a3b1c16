/// The keys that lead to a value, put together only where an error needs them.
indirect enum JSONPath {
    case root
    case member(any CodingKey, JSONPath)
    case element(Int, JSONPath)

    var keys: [any CodingKey] {
        var keys: [any CodingKey] = []
        var path = self
        while true {
            switch path {
            case .root: return keys.reversed()
            case .member(let key, let outer):
                keys.append(key)
                path = outer
            case .element(let index, let outer):
                keys.append(JSONIndexKey(index))
                path = outer
            }
        }
    }
}

/// An element's place in its list, for the paths of errors.
struct JSONIndexKey: CodingKey {
    private let index: Int
    var stringValue: String { String(index) }
    var intValue: Int? { index }

    init(_ index: Int) { self.index = index }
    init?(stringValue: String) { nil }
    init?(intValue: Int) { index = intValue }
}

/// The member under which a class finds what it inherits, unless it says otherwise.
struct JSONSuperKey: CodingKey {
    var stringValue: String { "super" }
    var intValue: Int? { nil }

    init() {}
    init?(stringValue: String) { nil }
    init?(intValue: Int) { nil }
}
