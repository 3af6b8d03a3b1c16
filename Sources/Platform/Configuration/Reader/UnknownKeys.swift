/// What is written and nobody asked for: most often a slip of the pen.
struct UnknownKeys {
    let source: ConfigurationSource
    let state: ConfigurationReader.State

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
                let hint = Suggestion.hint(for: entry.key, among: siblings(of: path))
                return [ConfigurationProblem(entry.origin, "\(place) is not a known key\(hint)")]
            }
        case .list(let nodes):
            return nodes.enumerated().flatMap { keys(below: $1, at: path.appending(.index($0))) }
        case .scalar, .null:
            return []
        }
    }

    private func siblings(of path: ConfigurationPath) -> [String] {
        state.known.compactMap { known in
            guard known.components.count == path.components.count + 1, known.components.starts(with: path.components),
                case .key(let key) = known.components.last
            else { return nil }
            return key
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
