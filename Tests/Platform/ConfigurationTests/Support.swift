import Configuration
import Testing

/// What reading `yaml` with `body` reports, one line each.
func problems(
    _ yaml: String, directory: String? = nil, environment: [String: String] = [:], except: Set<String> = [],
    _ body: (Configuration) -> Void = { _ in }
) -> [String] {
    do {
        let source = try ConfigurationSource(yaml: yaml, directory: directory, environment: environment)
        let reader = ConfigurationReader(source)
        body(reader.root)
        try reader.finish(exceptVariables: except)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

func root(_ yaml: String, directory: String? = nil, environment: [String: String] = [:]) throws -> Configuration {
    ConfigurationReader(try ConfigurationSource(yaml: yaml, directory: directory, environment: environment)).root
}
