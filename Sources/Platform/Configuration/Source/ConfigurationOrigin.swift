/// Where a value was written down.
public enum ConfigurationOrigin: Sendable, Hashable, CustomStringConvertible {
    case file(path: String, line: Int)
    /// A file of a mounted directory, such as a ConfigMap.
    case directory(file: String)
    case environment(variable: String)

    public var description: String {
        switch self {
        case .file(let path, let line): "\(path):\(line)"
        case .directory(let file): file
        case .environment(let variable): "environment \(variable)"
        }
    }
}
