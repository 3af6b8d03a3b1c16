import Foundation

/// JSON to look into: `value["_embedded"]["orders"][0]["id"].string`.
struct JSONValue: @unchecked Sendable {  // what it holds was parsed and is never changed
    let any: Any?

    init(_ data: Data) { any = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed) }
    private init(any: Any?) { self.any = any }

    subscript(key: String) -> JSONValue { JSONValue(any: (any as? [String: Any])?[key]) }
    subscript(index: Int) -> JSONValue {
        let list = any as? [Any] ?? []
        return JSONValue(any: list.indices.contains(index) ? list[index] : nil)
    }

    var string: String? { any as? String }
    var int: Int? { (any as? NSNumber)?.intValue }
    var bool: Bool? { (any as? NSNumber)?.boolValue }
    var array: [JSONValue] { (any as? [Any] ?? []).map { JSONValue(any: $0) } }
    var isPresent: Bool { any != nil && !(any is NSNull) }
}
