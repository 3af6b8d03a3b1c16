import Cryptography
import FoundationEssentials
import Kernel
import Storage

/// The values of a stored record by their paths, for example `attempts[0].status`, as the audit log shows them: without
/// secrets and personal data.
enum AuditValues {
    /// Values of one record that are told; of more, only digests are.
    static let most = 200
    /// Bytes of a text that are told; of a longer one, its digest is.
    static let longestText = 512
    static let masked = JSONDocument.text("***")

    /// Words that mark secrets, wherever they occur in the name of a member.
    private static let secretWords = [
        "token", "secret", "password", "authorization", "apikey", "cardnumber", "cvc", "cvv", "iban",
    ]
    /// Names of members that tell of a person, with all that is inside.
    private static let personal: Set<String> = [
        "buyer", "address", "addresses", "recipient", "contact", "email", "phone", "street", "city", "postalcode",
        "customername", "firstname", "lastname", "letter", "greeting", "owner", "letter",
    ]

    /// Reads a record: its document, and those of its fields that the document does not have.
    static func of(_ record: Record, in schema: CollectionSchema) -> [String: JSONDocument] {
        var values: [String: JSONDocument] = [:]
        let document = try? JSON.decode(JSONDocument.self, from: Data(record.document))
        var members: [String: JSONDocument] = [:]
        if case .object(let known)? = document, known["id"] == .text(record.id) {
            members = known
            for (name, value) in known { add(value, at: name, to: &values) }
        } else if let document {
            // Not an entity: the data of an event, for example.
            add(document, at: "data", to: &values)
        } else if !record.document.isEmpty {
            values["data"] = .text(digest(of: record.document))
        }
        for (field, value) in zip(schema.fields, record.fields) where members[field.name] == nil {
            switch value {
            case .null: continue
            case .integer(let value): add(.integer(value), at: field.name, to: &values)
            case .real(let value): values[field.name] = .text("\(value)")
            case .text(let value): add(.text(value), at: field.name, to: &values)
            case .boolean(let value): values[field.name] = .boolean(value)
            }
        }
        return values
    }

    /// Reads a document that is no stored record.
    static func of(_ document: JSONDocument) -> [String: JSONDocument] {
        var values: [String: JSONDocument] = [:]
        guard case .object(let members) = document else {
            add(document, at: "value", to: &values)
            return values
        }
        for (name, value) in members { add(value, at: name, to: &values) }
        return values
    }

    static func digest(of bytes: [UInt8]) -> String { "sha256:" + hexadecimal(Digest.sha256(bytes)) }

    /// Masks the values whose paths lead through a member that is secret or personal.
    static func masking(_ values: [String: JSONDocument]) -> [String: JSONDocument] {
        Dictionary(uniqueKeysWithValues: values.map { ($0, isMasked($0) ? masked : $1) })
    }

    private static func isMasked(_ path: String) -> Bool {
        path.split(whereSeparator: { $0 == "." || $0 == "[" || $0 == "]" }).contains { part in
            let name = part.lowercased().filter { $0 != "_" && $0 != "-" }
            return personal.contains(name) || secretWords.contains { name.contains($0) }
        }
    }

    private static func add(_ value: JSONDocument, at path: String, to values: inout [String: JSONDocument]) {
        switch value {
        case .object(let members) where !members.isEmpty:
            for (name, member) in members { add(member, at: path + "." + name, to: &values) }
        case .list(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() { add(element, at: "\(path)[\(index)]", to: &values) }
        case .object: values[path] = .text("{}")
        case .list: values[path] = .text("[]")
        case .number(let number): values[path] = .text(number.literal)
        case .integer(let integer):
            let isExact = integer.magnitude <= UInt64(CanonicalJSON.largestInteger)
            values[path] = isExact ? value : .text(String(integer))
        case .text(let text):
            values[path] = text.utf8.count <= longestText ? value : .text(digest(of: Array(text.utf8)))
        case .null, .boolean: values[path] = value
        }
    }
}
