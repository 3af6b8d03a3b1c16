extension Problem {
    /// 400 from what a decoder could not read: the field's path, and what is wrong with it.
    package init(decoding error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            self = .invalid(Self.path(context.codingPath + [key]), "is required")
        case .valueNotFound(_, let context):
            self = .invalid(Self.path(context.codingPath), "must not be null")
        case .typeMismatch(let type, let context):
            self = .invalid(Self.path(context.codingPath), "must be \(Self.name(of: type))")
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            self = Problem(status: 400, title: "Invalid request", detail: "The body is not valid JSON")
        case .dataCorrupted(let context):
            self = .invalid(Self.path(context.codingPath), context.debugDescription)
        @unknown default:
            self = Problem(status: 400, title: "Invalid request", detail: "The body cannot be read")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        guard !keys.isEmpty else { return "body" }
        return keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += (path.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }

    static func name(of type: Any.Type) -> String {
        switch type {
        case is any FixedWidthInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is Bool.Type: "true or false"
        case is String.Type: "text"
        case is any ExpressibleByDictionaryLiteral.Type: "an object"
        default: "\(type)".hasPrefix("Array") ? "a list" : "an object"
        }
    }
}
