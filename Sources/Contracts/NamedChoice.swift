/// A choice that JSON writes by its name. Any other name is refused with an error that lists the valid ones.
public protocol NamedChoice: RawRepresentable, CaseIterable, Codable where RawValue == String {}

extension NamedChoice {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(rawValue: try container.decode(String.self)) else {
            let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be one of \(names)")
        }
        self = value
    }
}

/// The languages that the shop writes to people in, by ISO 639-1 code.
public enum Language: String, NamedChoice, Sendable, Hashable {
    case english = "en"
    case indonesian = "id"
    case korean = "ko"
}

/// The service that leads a checkout, or none.
public enum CheckoutStyle: String, NamedChoice, Sendable, Hashable {
    /// The cart service leads, step by step.
    case orchestrated
    /// No service leads: each acts on the events of the others.
    case choreographed
}
