/// What was asked for while one value was decoded.
final class ProbeNode {
    private enum Shape {
        case unknown
        case value(Schema)
        case object
    }
    private var shape = Shape.unknown
    private var properties: [Schema.Property] = []

    /// How much was learnt.
    var count: Int { properties.count }

    func becomeObject() {
        if case .unknown = shape { shape = .object }
    }

    func become(_ schema: Schema) { shape = .value(schema) }

    func add(_ name: String, _ schema: Schema, isRequired: Bool) {
        guard !properties.contains(where: { $0.name == name }) else { return }
        properties.append(Schema.Property(name, schema, isRequired: isRequired))
    }

    var schema: Schema {
        switch shape {
        case .unknown: .any
        case .value(let schema): schema
        case .object: .object(properties)
        }
    }
}
