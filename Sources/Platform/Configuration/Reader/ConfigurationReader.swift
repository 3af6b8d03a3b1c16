import Synchronization

/// Reads typed values and collects everything that is wrong, so that one run names every mistake.
///
/// Read all settings through `root`, then call `finish()`, which throws all mistakes, among them the keys that no code
/// has asked for. A wrong value is read as its default or a stand-in until then.
public final class ConfigurationReader: Sendable {
    struct State {
        var problems: [ConfigurationProblem] = []
        var warnings: [ConfigurationProblem] = []
        /// Paths that were asked for.
        var known: Set<ConfigurationPath> = []
        /// Paths below which nothing is checked.
        var accepted: Set<ConfigurationPath> = []
        var usedVariables: Set<String> = []
        var effective = EffectiveConfiguration()
        var declarations: [SettingDeclaration] = []
        var declaredKeys: Set<String> = []
    }

    let source: ConfigurationSource
    let state = Mutex(State())

    public init(_ source: ConfigurationSource) {
        self.source = source
    }

    public var root: Configuration {
        Configuration(reader: self, path: ConfigurationPath(), node: source.root)
    }

    /// Throws every problem found, unknown keys and unknown environment variables included, except those variables that
    /// have a meaning elsewhere.
    public func finish(exceptVariables: Set<String> = []) throws(ConfigurationError) {
        let problems = state.withLock { state in
            state.problems + UnknownKeys(source: source, state: state).problems(except: exceptVariables)
        }
        guard problems.isEmpty else { throw ConfigurationError(ConfigurationProblem.sorted(problems)) }
    }

    /// Every value that was read, as YAML, with its source behind it; secrets are masked.
    public func dump() -> String { state.withLock { $0.effective.rendered } }

    /// Every setting that was asked for, in the order of reading, whether or not it has a value.
    public var declarations: [SettingDeclaration] { state.withLock { $0.declarations } }

    func declare(_ declaration: SettingDeclaration) {
        state.withLock { state in
            guard state.declaredKeys.insert(declaration.key).inserted else { return }
            state.declarations.append(declaration)
        }
    }

    /// Warnings: values that are valid and may surprise their author, in the order of the lines.
    public var warnings: [ConfigurationProblem] { ConfigurationProblem.sorted(state.withLock { $0.warnings }) }

    func warn(_ origin: ConfigurationOrigin?, _ message: String) {
        state.withLock { $0.warnings.append(ConfigurationProblem(origin, message)) }
    }

    func report(_ origin: ConfigurationOrigin?, _ message: String) {
        state.withLock { $0.problems.append(ConfigurationProblem(origin, message)) }
    }

    func markKnown(_ path: ConfigurationPath) {
        state.withLock { _ = $0.known.insert(path) }
    }

    func accept(_ path: ConfigurationPath) {
        state.withLock { state in
            state.known.insert(path)
            state.accepted.insert(path)
        }
    }

    func variable(for path: ConfigurationPath) -> (name: String, value: String)? {
        let name = path.environmentName(prefix: source.environmentPrefix)
        guard let value = source.environment[name] else { return nil }
        state.withLock { _ = $0.usedVariables.insert(name) }
        return (name, value)
    }

    func record(
        _ path: ConfigurationPath, _ value: EffectiveConfiguration.Value, _ origin: ConfigurationOrigin?,
        mayBeSecret: Bool = true
    ) {
        state.withLock {
            $0.effective.insert(value, at: path, origin: origin, isSecret: mayBeSecret && path.isSecret)
        }
    }
}
