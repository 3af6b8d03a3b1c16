import FoundationEssentials

/// The sources of values. Precedence: environment, single values of the directory, its YAML files (the last by name
/// first), file, default.
public struct ConfigurationSource: Sendable {
    let root: ConfigurationNode
    let environment: [String: String]
    let environmentPrefix: String

    /// Reads the file and the directory, each where given. `environment` may hold other variables: only those that begin
    /// with `environmentPrefix` and an underscore count. `profiles` are the active ones, by which the documents of a stream
    /// are chosen.
    public static func load(
        file: String? = nil, profiles: [String] = [], directory: String? = nil,
        environment: [String: String] = processEnvironment,
        environmentPrefix: String = "SAMBAL"
    ) throws(ConfigurationError) -> ConfigurationSource {
        try ConfigurationSource(
            documents: file.map { file throws(ConfigurationError) in try ConfigurationFile.documents(of: file) } ?? [],
            names: file.map { [$0] } ?? [], profiles: profiles, directory: directory, environment: environment,
            environmentPrefix: environmentPrefix)
    }

    /// Creates a source from the text of a file; errors call the file `name`.
    public init(
        yaml: String, name: String = "config.yaml", profiles: [String] = [], directory: String? = nil,
        environment: [String: String] = [:],
        environmentPrefix: String = "SAMBAL"
    ) throws(ConfigurationError) {
        try self.init(
            documents: ConfigurationFile.documents(Array(yaml.utf8), name: name), names: [name], profiles: profiles,
            directory: directory, environment: environment, environmentPrefix: environmentPrefix)
    }

    /// `names` are the files that `documents` were read from.
    private init(
        documents: [ConfigurationNode], names: [String], profiles: [String], directory: String?,
        environment: [String: String], environmentPrefix: String
    ) throws(ConfigurationError) {
        self.environmentPrefix = environmentPrefix
        self.environment = environment.filter { $0.key.hasPrefix(environmentPrefix + "_") }
        var contents = ConfigurationDirectory.Contents()
        if let directory { contents = try ConfigurationDirectory.load(directory) }
        var documents = documents
        for file in contents.files { documents += try ConfigurationFile.documents(of: file) }
        let names = (names + contents.files).joined(separator: ", ")
        var merged = ConfigurationNode(value: .section([]), origin: .file(path: "configuration", line: 1))
        // Without a file there is nothing that a profile could choose from.
        if !names.isEmpty { merged = try ProfileSelection(profiles, name: names).merge(documents) }
        var problems: [ConfigurationProblem] = []
        for value in contents.values {
            if let problem = merged.merge(value.text, at: value.keys[...], origin: value.origin) {
                problems.append(ConfigurationProblem(value.origin, problem))
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        self.root = merged
    }

    public static var processEnvironment: [String: String] { ProcessInfo.processInfo.environment }
}

extension ConfigurationNode {
    /// Puts a value of a directory into the tree. Answers what is wrong, if anything.
    mutating func merge(_ text: String, at keys: ArraySlice<String>, origin: ConfigurationOrigin) -> String? {
        guard let key = keys.first else {
            self = ConfigurationNode(value: .scalar(text), origin: origin)
            return nil
        }
        guard !key.isEmpty else { return "the name must be keys with dots between them" }
        switch value {
        case .null:
            self = ConfigurationNode(value: .section([]), origin: origin)
            return merge(text, at: keys, origin: origin)
        case .section(var entries):
            let index = entries.firstIndex { $0.key == key } ?? entries.endIndex
            if index == entries.endIndex {
                entries.append(Entry(key: key, origin: origin, node: ConfigurationNode(value: .null, origin: origin)))
            }
            var node = entries[index].node
            let problem = node.merge(text, at: keys.dropFirst(), origin: origin)
            // The key stands where its value now comes from, so that an unknown one is reported there.
            let place = keys.count == 1 ? origin : entries[index].origin
            entries[index] = Entry(key: key, origin: place, node: node)
            value = .section(entries)
            return problem
        case .list(var nodes):
            guard let index = Int(key), nodes.indices.contains(index) else {
                return "\(self.origin) has a list of \(nodes.count) there, which has no \"\(key)\""
            }
            let problem = nodes[index].merge(text, at: keys.dropFirst(), origin: origin)
            value = .list(nodes)
            return problem
        case .scalar:
            return "\(self.origin) has a value there, which cannot hold \"\(key)\""
        }
    }
}
