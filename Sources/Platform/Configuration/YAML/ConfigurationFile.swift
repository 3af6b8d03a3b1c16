import Kernel

/// Reads YAML 1.1 by libyaml, with the line of every key and value.
public enum ConfigurationFile {
    static let sizeLimit = 1024 * 1024
    static let depthLimit = 16
    /// The limit after aliases are expanded, over all documents.
    static let nodeLimit = 20_000
    static let documentLimit = 100

    /// The root is a section; an empty file is an empty one. Of a stream of documents those count that belong to the
    /// active profiles; later ones win.
    public static func load(_ path: String, profiles: [String] = []) throws(ConfigurationError) -> ConfigurationNode {
        try ProfileSelection(profiles, name: path).merge(documents(of: path))
    }

    static func parse(
        _ bytes: [UInt8], name: String, profiles: [String] = []
    ) throws(ConfigurationError) -> ConfigurationNode {
        try ProfileSelection(profiles, name: name).merge(documents(bytes, name: name))
    }

    /// The documents of a file, whichever profiles they are for.
    static func documents(of path: String) throws(ConfigurationError) -> [ConfigurationNode] {
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.read(path, limit: sizeLimit)
        } catch {
            throw ConfigurationError(nil, "\(path) \(ErrorText.of(error))")
        }
        return try documents(bytes, name: path)
    }

    static func documents(_ bytes: [UInt8], name: String) throws(ConfigurationError) -> [ConfigurationNode] {
        guard bytes.count <= sizeLimit else {
            throw ConfigurationError(nil, "\(name) \(BoundedFile.Failure.tooLarge(sizeLimit))")
        }
        let parser = YAMLParser(bytes: bytes)
        do {
            // Two of them are the converter's to refuse, with its own words.
            try YAMLParser(bytes: bytes).checkDepth(depthLimit + 2)
        } catch {
            throw ConfigurationError(.file(path: name, line: error.line), error.message)
        }
        var documents: [ConfigurationNode] = []
        var problems: [ConfigurationProblem] = []
        var count = 0
        while let document = try next(of: parser, name) {
            guard documents.count < documentLimit else {
                throw ConfigurationError(
                    .file(path: name, line: document.line), "has over \(documentLimit) documents")
            }
            var converter = YAMLConverter(document: document, name: name, count: count)
            documents.append(converter.convertRoot())
            problems += converter.problems
            count = converter.count
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return documents
    }

    /// `nil` at the end of the stream.
    private static func next(of parser: YAMLParser, _ name: String) throws(ConfigurationError) -> YAMLDocument? {
        do {
            let document = try parser.next()
            return document.root == nil ? nil : document
        } catch {
            throw ConfigurationError(.file(path: name, line: error.line), error.message)
        }
    }
}
