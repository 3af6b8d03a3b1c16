import Glibc
import Kernel

/// A directory of configuration as Kubernetes mounts a ConfigMap. A file whose name ends in `.yaml` or `.yml` is read like
/// the configuration file; of any other, the name is a dotted key path (`order.port`) and the content its value.
enum ConfigurationDirectory {
    static let fileLimit = 64 * 1024
    static let countLimit = 1000

    struct Value {
        let keys: [String]
        let text: String
        let origin: ConfigurationOrigin
    }

    struct Contents {
        /// The paths of the YAML files, in the order of their names: later ones win.
        var files: [String] = []
        var values: [Value] = []
    }

    static func load(_ path: String) throws(ConfigurationError) -> Contents {
        var contents = Contents()
        var problems: [ConfigurationProblem] = []
        for name in try names(in: path) {
            let file = "\(path)/\(name)"
            if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
                contents.files.append(file)
                continue
            }
            let origin = ConfigurationOrigin.directory(file: file)
            do {
                let bytes = try BoundedFile.read(file, limit: fileLimit)
                guard var text = String(validating: bytes, as: UTF8.self) else {
                    problems.append(ConfigurationProblem(origin, "is not UTF-8 text"))
                    continue
                }
                while text.last?.isNewline == true { text.removeLast() }
                contents.values.append(
                    Value(
                        keys: name.split(separator: ".", omittingEmptySubsequences: false).map(String.init), text: text,
                        origin: origin))
            } catch {
                problems.append(ConfigurationProblem(origin, ErrorText.of(error)))
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return contents
    }

    /// Sorted. Hidden entries are Kubernetes' own (`..data` and the folder that it points to).
    private static func names(in path: String) throws(ConfigurationError) -> [String] {
        let origin = ConfigurationOrigin.directory(file: path)
        guard let folder = opendir(path) else {
            throw ConfigurationError(origin, "cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix("."), isFile("\(path)/\(name)") else { continue }
            names.append(name)
            guard names.count <= countLimit else { throw ConfigurationError(origin, "has over \(countLimit) files") }
        }
        return names.sorted()
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
