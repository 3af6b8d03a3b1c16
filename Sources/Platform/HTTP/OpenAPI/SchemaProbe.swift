import FoundationEssentials

/// Finds a type's schema by decoding the type without a document: the decoder supplies whatever the type asks for, and
/// notes it.
///
/// Types that check what they read may refuse a sample; then the probe tries others. If the type refuses all of them,
/// the schema is what the type asked for in the try that came furthest. A type can declare its schema:
/// `SchemaDescribing`.
final class SchemaProbe {
    /// The schemas of named objects met on the way.
    private(set) var definitions: [String: Schema] = [:]
    private var inProgress: [String] = []
    private static let maximumDepth = 16

    /// The schema of `type`; objects become references to `definitions`.
    func schema(of type: any Decodable.Type) -> Schema {
        look(at: type).schema
    }

    /// Returns the schema and, if one could be made, a value.
    func look<Value: Decodable>(at type: Value.Type) -> (schema: Schema, value: Value?) {
        if let known = known(type) { return known }
        let name = Self.name(of: type)
        if definitions[name] != nil || inProgress.contains(name) || inProgress.count > Self.maximumDepth {
            return (.reference(name), inProgress.contains(name) ? nil : sample(of: type))
        }
        inProgress.append(name)
        defer { inProgress.removeLast() }
        let found = decode(type)
        guard case .object = found.schema else { return found }
        definitions[name] = found.schema
        return (.reference(name), found.value)
    }

    private func known<Value: Decodable>(_ type: Value.Type) -> (schema: Schema, value: Value?)? {
        switch type {
        case let type as any SchemaDescribing.Type: (type.schema, type.sample as? Value)
        case let type as any OptionalProbe.Type: (type.schema(self), type.probedValue as? Value)
        case let type as any ArrayProbe.Type: (type.schema(self), type.probedValue as? Value)
        case let type as any MapProbe.Type: (type.schema(self), type.probedValue as? Value)
        case is Date.Type: (.string(format: "date-time"), Date(timeIntervalSince1970: 0) as? Value)
        case is Data.Type: (.string(format: "byte"), Data() as? Value)
        case is UUID.Type: (.string(format: "uuid"), UUID() as? Value)
        case is URL.Type: (.string(format: "uri"), URL(string: "http://localhost") as? Value)
        case is Decimal.Type: (.number, Decimal(1) as? Value)
        case let type as any EnumerationProbe.Type:
            type.probedValues.map { (.string(values: $0), type.first as? Value) }
        default: nil
        }
    }

    /// Tries one sample text after the other until the type takes it.
    private func decode<Value: Decodable>(_ type: Value.Type) -> (schema: Schema, value: Value?) {
        var best: ProbeNode?
        for text in ProbeDecoder.texts {
            let node = ProbeNode()
            let decoder = ProbeDecoder(probe: self, node: node, text: text)
            if let value = try? Value(from: decoder) { return (node.schema, value) }
            if node.count >= best?.count ?? 0 { best = node }
        }
        return (best?.schema ?? .any, nil)
    }

    private func sample<Value: Decodable>(of type: Value.Type) -> Value? {
        ProbeDecoder.texts.lazy.compactMap { text in
            try? Value(from: ProbeDecoder(probe: self, node: ProbeNode(), text: text))
        }.first
    }

    /// `Page<Order>` becomes `Page_Order`.
    private static func name(of type: Any.Type) -> String {
        let text = String(describing: type).map { $0.isLetter || $0.isNumber ? $0 : "_" }
        return String(String(text).drop { $0 == "_" }.reversed().drop { $0 == "_" }.reversed())
    }
}

private protocol OptionalProbe {
    static func schema(_ probe: SchemaProbe) -> Schema
    static var probedValue: Any { get }
}

extension Optional: OptionalProbe where Wrapped: Decodable {
    fileprivate static func schema(_ probe: SchemaProbe) -> Schema { probe.schema(of: Wrapped.self) }
    fileprivate static var probedValue: Any { Wrapped?(nilLiteral: ()) as Any }
}

private protocol ArrayProbe {
    static func schema(_ probe: SchemaProbe) -> Schema
    static var probedValue: Any { get }
}

extension Array: ArrayProbe where Element: Decodable {
    fileprivate static func schema(_ probe: SchemaProbe) -> Schema { .array(probe.schema(of: Element.self)) }
    fileprivate static var probedValue: Any { [Element]() }
}

extension Set: ArrayProbe where Element: Decodable {
    fileprivate static func schema(_ probe: SchemaProbe) -> Schema { .array(probe.schema(of: Element.self)) }
    fileprivate static var probedValue: Any { Set<Element>() }
}

private protocol MapProbe {
    static func schema(_ probe: SchemaProbe) -> Schema
    static var probedValue: Any { get }
}

extension Dictionary: MapProbe where Key: Decodable, Value: Decodable {
    fileprivate static func schema(_ probe: SchemaProbe) -> Schema { .map(probe.schema(of: Value.self)) }
    fileprivate static var probedValue: Any { [Key: Value]() }
}

/// An enumeration of texts: all of them can be listed.
private typealias EnumerationProbe = CaseIterable

extension CaseIterable {
    fileprivate static var first: Any? { allCases.first }

    fileprivate static var probedValues: [String]? {
        let values = allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        return values.isEmpty ? nil : values
    }
}
