/// Chooses the documents of a YAML stream by the active profiles and merges them, as Spring Boot does with an
/// `application.yml` (Spring Boot reference, "Multi-Document Files" and "Activation Properties").
///
/// A document says when it counts by `spring.config.activate.on-profile`, or by `spring.profiles` as before Spring Boot
/// 2.4; one that says neither always counts. Later documents win: sections are merged, lists and values replaced. Where
/// no profile is active, the profile `default` is.
struct ProfileSelection {
    private let given: [String]
    private let name: String

    init(_ profiles: [String], name: String) {
        given = profiles
        self.name = name
    }

    func merge(_ documents: [ConfigurationNode]) throws(ConfigurationError) -> ConfigurationNode {
        var problems: [ConfigurationProblem] = []
        let conditions = documents.map { condition(of: $0, &problems) }
        let unconditional = zip(documents, conditions).filter { $0.1 == nil }.map(\.0)
        let configured = unconditional.compactMap { $0[path: ["spring", "profiles", "active"]] }.last?.words ?? []
        let active = !given.isEmpty ? given : !configured.isEmpty ? configured : ["default"]
        for profile in given where !conditions.contains(where: { $0?.names(profile) == true }) {
            problems.append(ConfigurationProblem(nil, "\(name) has no document for the profile \(profile)"))
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        var merged = ConfigurationNode(value: .section([]), origin: .file(path: name, line: 1))
        for (document, condition) in zip(documents, conditions) where condition?.holds(active) != false {
            var document = document
            // They have done their work; `spring.profiles` is a section in one document and a word in another.
            document.remove(["spring", "profiles"])
            document.remove(["spring", "config", "activate"])
            merged.take(document)
        }
        return merged
    }

    private func condition(
        of document: ConfigurationNode, _ problems: inout [ConfigurationProblem]
    ) -> ProfileCondition? {
        let activation = document[path: ["spring", "config", "activate", "on-profile"]]
        guard let node = activation ?? document[path: ["spring", "profiles"]], let words = node.words else {
            return nil
        }
        guard let condition = ProfileCondition(words) else {
            let field = activation == nil ? "spring.profiles" : "spring.config.activate.on-profile"
            problems.append(
                ConfigurationProblem(
                    node.origin,
                    "\(field) must be names of profiles, with ! before one that must not be active, and either & or | "
                        + "between them"))
            return nil
        }
        return condition
    }
}

/// When a document counts: one of several alternatives, each of profiles that must all be active, or must not be.
struct ProfileCondition {
    private struct Term {
        let profile: String
        let isWanted: Bool
    }
    private let alternatives: [[Term]]

    /// `nil` if a word is no profile expression. Parentheses, and `&` beside `|`, are not understood.
    init?(_ words: [String]) {
        var alternatives: [[Term]] = []
        for word in words {
            guard !(word.contains("&") && word.contains("|")) else { return nil }
            for alternative in word.split(separator: "|", omittingEmptySubsequences: false) {
                var terms: [Term] = []
                for part in alternative.split(separator: "&", omittingEmptySubsequences: false) {
                    var name = part.filter { !$0.isWhitespace }
                    let isWanted = !name.hasPrefix("!")
                    if !isWanted { name.removeFirst() }
                    guard !name.isEmpty, !name.contains(where: { "!()".contains($0) }) else { return nil }
                    terms.append(Term(profile: name, isWanted: isWanted))
                }
                alternatives.append(terms)
            }
        }
        guard !alternatives.isEmpty else { return nil }
        self.alternatives = alternatives
    }

    func holds(_ active: [String]) -> Bool {
        alternatives.contains { $0.allSatisfy { active.contains($0.profile) == $0.isWanted } }
    }

    func names(_ profile: String) -> Bool { alternatives.joined().contains { $0.profile == profile } }
}

extension ConfigurationNode {
    fileprivate subscript(path keys: [String]) -> ConfigurationNode? {
        keys.reduce(self) { node, key in node?[.key(key)] }
    }

    /// A text with commas, or a list of texts; `nil` of anything else.
    fileprivate var words: [String]? {
        switch value {
        case .scalar(let text):
            return text.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        case .list(let items):
            return items.compactMap { item in
                if case .scalar(let text) = item.value { text } else { nil }
            }
        case .null, .section: return nil
        }
    }

    fileprivate mutating func remove(_ keys: ArraySlice<String>) {
        guard let key = keys.first, case .section(var entries) = value,
            let index = entries.firstIndex(where: { $0.key == key })
        else { return }
        if keys.count == 1 {
            entries.remove(at: index)
        } else {
            entries[index].node.remove(keys.dropFirst())
            // A section of which nothing is left is as if it had not been written.
            if case .section(let left) = entries[index].node.value, left.isEmpty { entries.remove(at: index) }
        }
        value = .section(entries)
    }

    /// Puts another tree over this one.
    fileprivate mutating func take(_ other: ConfigurationNode) {
        guard case .section(var entries) = value, case .section(let others) = other.value else {
            if case .null = other.value { return }
            self = other
            return
        }
        // By their keys, so that the cost of a large file grows with its length alone.
        let places = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.key, $0) })
        for entry in others {
            if let index = places[entry.key] {
                var node = entries[index].node
                node.take(entry.node)
                entries[index] = Entry(key: entry.key, origin: entry.origin, node: node)
            } else {
                entries.append(entry)
            }
        }
        value = .section(entries)
    }
}
