package import Kernel

extension JSONDocument {
    /// The document after a JSON Merge Patch (RFC 7396 §2): members of objects are merged, `null` removes one, anything
    /// else replaces what was there.
    package func merged(with patch: JSONDocument) -> JSONDocument {
        guard case .object(let changes) = patch else { return patch }
        var members: [String: JSONDocument] = [:]
        if case .object(let known) = self { members = known }
        for (name, change) in changes {
            members[name] = change == .null ? nil : (members[name] ?? .null).merged(with: change)
        }
        return .object(members)
    }
}
