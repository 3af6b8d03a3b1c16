import Kernel

/// Names for the components of several OpenAPI documents in one: those that are the same everywhere keep their name, others
/// get that of their service before it.
struct ComponentNames {
    /// A component of a document, for example `schemas` and `Order`.
    struct Key: Hashable, Comparable {
        let kind: String
        let name: String

        static func < (left: Key, right: Key) -> Bool { (left.kind, left.name) < (right.kind, right.name) }

        /// `nil` for a reference that leads elsewhere.
        init?(reference: String) {
            let parts = reference.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 4, parts[0] == "#", parts[1] == "components" else { return nil }
            (kind, name) = (String(parts[2]), String(parts[3]))
        }

        init(kind: String, name: String) { (self.kind, self.name) = (kind, name) }

        var reference: String { "#/components/\(kind)/\(name)" }
    }

    private var renamed: Set<Key> = []
    private var taken: Set<Key> = []

    /// `documents` has the components of each document that occur in the whole.
    init(_ documents: [[Key: JSONDocument]]) {
        for key in Set(documents.flatMap(\.keys)) {
            taken.insert(key)
            let contents = documents.compactMap { $0[key] }
            if contents.contains(where: { $0 != contents[0] }) { renamed.insert(key) }
        }
        // One that looks the same in two documents means something else if what it refers to does.
        while true {
            let more = documents.flatMap { document in
                document.filter { key, content in
                    !renamed.contains(key) && documents.count(where: { $0[key] != nil }) > 1
                        && content.references.contains { Key(reference: $0).map(renamed.contains) == true }
                }.keys
            }
            guard !more.isEmpty else { return }
            renamed.formUnion(more)
        }
    }

    /// Returns the name of a component of `service` in the whole.
    func name(of key: Key, in service: String) -> Key {
        guard renamed.contains(key) else { return key }
        var name = Key(kind: key.kind, name: "\(service).\(key.name)")
        while taken.contains(name) { name = Key(kind: key.kind, name: name.name + "_") }
        return name
    }
}

extension JSONDocument {
    /// The texts of all `$ref` in it.
    var references: Set<String> {
        switch self {
        case .object(let members):
            members.reduce(into: Set<String>()) { found, member in
                if member.key == "$ref", case .text(let text) = member.value {
                    found.insert(text)
                } else {
                    found.formUnion(member.value.references)
                }
            }
        case .list(let elements): elements.reduce(into: Set<String>()) { $0.formUnion($1.references) }
        default: []
        }
    }

    /// With other texts in place of those of its `$ref`.
    func replacingReferences(_ change: (String) -> String) -> JSONDocument {
        switch self {
        case .object(let members):
            var result: [String: JSONDocument] = [:]
            for (name, value) in members {
                if name == "$ref", case .text(let text) = value {
                    result[name] = .text(change(text))
                } else {
                    result[name] = value.replacingReferences(change)
                }
            }
            return .object(result)
        case .list(let elements): return .list(elements.map { $0.replacingReferences(change) })
        default: return self
        }
    }
}
