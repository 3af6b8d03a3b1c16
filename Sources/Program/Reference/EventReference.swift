import FoundationEssentials
import HTTP
import Kernel
import Messaging
import ServiceHost

/// All types of events: who publishes them, who consumes them and for what, and their fields.
struct EventReference {
    private let services: [ServiceOutline]

    init(_ services: [ServiceOutline]) { self.services = services }

    var markdown: String {
        get throws {
            var text = """
                # Event types

                This page is generated from the declarations of the services. Every event is a CloudEvent 1.0 whose
                `subject` and key are the identifier of the aggregate and whose `sequence` is the aggregate's version;
                the fields are those of its JSON data. How events are published and consumed is in
                [events.md](../events.md).

                """
            for service in Catalogue.byPort where !service.publishes.isEmpty {
                text += "\n## \(service.name)\n"
                for payload in service.publishes { text += try section(for: payload) }
            }
            return text
        }
    }

    private func section(for payload: any EventPayload.Type) throws -> String {
        let consumers = services.flatMap { service in
            service.policies.filter { $0.event == payload.type }.map { "\(service.name) (\($0.name))" }
        }
        let schema = try JSON.decode(Schema.self, from: JSONSchema.document(of: payload, title: payload.type))
        var text = "\n### \(EventStormingBoard.shortName(ofEvent: payload.type))\n\n"
        text += "`\(payload.type)`, consumed by "
        text += (consumers.isEmpty ? "no service" : consumers.joined(separator: ", ")) + ".\n\n"
        text += Markdown.header("field", "type", "required")
        for (name, field) in (schema.properties ?? [:]).sorted(by: { $0.key < $1.key }) {
            text += Markdown.row(
                Markdown.code(name), field.text, schema.required?.contains(name) == true ? "yes" : "no")
        }
        return text + definitions(of: schema)
    }

    /// The objects within the data, each on a line of its own.
    private func definitions(of schema: Schema) -> String {
        let lines = (schema.definitions ?? [:]).sorted { $0.key < $1.key }.map { name, object in
            let fields = (object.properties ?? [:]).sorted { $0.key < $1.key }.map { field, type in
                "`\(field)`" + (object.required?.contains(field) == true ? "" : "?") + " \(type.text)"
            }
            return "- \(name): \(fields.joined(separator: ", "))\n"
        }
        return lines.isEmpty ? "" : "\n" + lines.joined()
    }

    /// The members of a JSON Schema that the page shows.
    private struct Schema: Decodable {
        let properties: [String: Field]?
        let required: [String]?
        let definitions: [String: Object]?

        private enum CodingKeys: String, CodingKey {
            case properties, required
            case definitions = "$defs"
        }
    }

    private struct Object: Decodable {
        let properties: [String: Field]?
        let required: [String]?
    }

    private final class Field: Decodable {
        let type: String?
        let format: String?
        let values: [String]?
        let reference: String?
        let items: Field?
        let additional: Field?

        private enum CodingKeys: String, CodingKey {
            case type, format, items
            case values = "enum"
            case reference = "$ref"
            case additional = "additionalProperties"
        }

        var text: String {
            if let reference { return reference.split(separator: "/").last.map(String.init) ?? reference }
            if let items { return "array of \(items.text)" }
            if let additional { return "object of \(additional.text)" }
            if let values { return values.map { "`\($0)`" }.joined(separator: ", ") }
            return (type ?? "any value") + (format.map { " (\($0))" } ?? "")
        }
    }
}
