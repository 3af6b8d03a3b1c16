import Kernel

/// Reads YAML 1.1 by libyaml, with the line of every key and value.
public enum ConfigurationFile {
    static let sizeLimit = 1024 * 1024
    static let depthLimit = 16
    /// After aliases are expanded.
    static let nodeLimit = 20_000

    /// The root is a section; an empty file is an empty one.
    public static func load(_ path: String) throws(ConfigurationError) -> ConfigurationNode {
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.read(path, limit: sizeLimit)
        } catch {
            throw ConfigurationError(nil, "\(path) \(ErrorText.of(error))")
        }
        return try parse(bytes, name: path)
    }

    static func parse(_ bytes: [UInt8], name: String) throws(ConfigurationError) -> ConfigurationNode {
        guard bytes.count <= sizeLimit else {
            throw ConfigurationError(nil, "\(name) \(BoundedFile.Failure.tooLarge(sizeLimit))")
        }
        let parser = YAMLParser(bytes: bytes)
        let document = try Self.document(of: parser, bytes, name)
        var converter = YAMLConverter(document: document, name: name)
        let root = converter.convertRoot()
        if let next = try? parser.next(), next.root != nil {
            converter.report(next.line, "a second document begins here; only one is read")
        }
        guard converter.problems.isEmpty else { throw ConfigurationError(converter.problems) }
        return root
    }

    private static func document(
        of parser: YAMLParser, _ bytes: [UInt8], _ name: String
    ) throws(ConfigurationError) -> YAMLDocument {
        do {
            // Two of them are the converter's to refuse, with its own words.
            try YAMLParser(bytes: bytes).checkDepth(depthLimit + 2)
            return try parser.next()
        } catch {
            throw ConfigurationError(.file(path: name, line: error.line), error.message)
        }
    }
}
