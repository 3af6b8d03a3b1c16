/// What is written and nobody asked for: most often a slip of the pen.
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
