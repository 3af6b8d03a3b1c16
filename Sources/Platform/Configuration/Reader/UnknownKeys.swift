/// The keys and variables that no code reads: most often typing errors.
struct UnknownKeys {
    private let source: ConfigurationSource
    private let state: ConfigurationReader.State
    /// The keys that were asked for, by the section that they are in.
    private let siblings: [ArraySlice<ConfigurationPath.Component>: [String]]

    init(source: ConfigurationSource, state: ConfigurationReader.State) {
        self.source = source
        self.state = state
        siblings = state.known.reduce(into: [:]) { siblings, path in
            guard case .key(let key) = path.components.last else { return }
            siblings[path.components.dropLast(), default: []].append(key)
        }
    }

    func problems(except exceptions: Set<String>) -> [ConfigurationProblem] {
        keys(below: source.root, at: ConfigurationPath()) + variables(except: exceptions)
    }

    private func keys(below node: ConfigurationNode, at path: ConfigurationPath) -> [ConfigurationProblem] {
        if state.accepted.contains(path) { return [] }
        switch node.value {
        case .section(let entries):
            return entries.flatMap { entry -> [ConfigurationProblem] in
                let place = path.appending(entry.key)
                if state.known.contains(place) { return keys(below: entry.node, at: place) }
                let hint = Suggestion.hint(for: entry.key, among: siblings[path.components[...]] ?? [])
                return [ConfigurationProblem(entry.origin, "\(place) is not a known key\(hint)")]
            }
        case .list(let nodes):
            return nodes.enumerated().flatMap { keys(below: $1, at: path.appending(.index($0))) }
        case .scalar, .null:
            return []
        }
    }

    private func variables(except exceptions: Set<String>) -> [ConfigurationProblem] {
        let prefix = source.environmentPrefix
        let accepted = state.accepted.map { $0.environmentName(prefix: prefix) }
        let names = Set(state.known.map { $0.environmentName(prefix: prefix) })
        return source.environment.keys.sorted().compactMap { name in
            if state.usedVariables.contains(name) || exceptions.contains(name) { return nil }
            if accepted.contains(where: { name == $0 || name.hasPrefix($0 + "_") }) { return nil }
            let hint = Suggestion.hint(for: name, among: Array(names))
            return ConfigurationProblem(.environment(variable: name), "overrides no known key\(hint)")
        }
    }
}

/// "Did you mean": the nearest of the words that would have been right.
enum Suggestion {
    static func hint(for word: String, among words: [String]) -> String {
        let limit = max(1, min(3, word.count / 3))
        let nearest = words.map { (distance: distance(word.lowercased(), $0.lowercased()), word: $0) }
            .filter { $0.distance <= limit }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        return nearest.map { "; did you mean \($0.word)?" } ?? ""
    }

    /// Damerau and Levenshtein's distance: insertions, deletions, substitutions, and two neighbours exchanged.
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                var best = min(
                    last[column] + (left[row] == right[column] ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
