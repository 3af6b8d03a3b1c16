/// An item of a list whose items are words or sections of their own.
public struct ConfigurationItem: Sendable {
    public enum Content: Sendable {
        case text(String)
        case section(Configuration)
    }
    public let content: Content
    private let reader: ConfigurationReader
    private let path: ConfigurationPath
    private let origin: ConfigurationOrigin

    init(_ content: Content, _ reader: ConfigurationReader, _ path: ConfigurationPath, _ origin: ConfigurationOrigin) {
        self.content = content
        self.reader = reader
        self.path = path
        self.origin = origin
    }

    /// Adds a problem about the item: `report("names no filter")`.
    public func report(_ message: String) { reader.report(origin, "\(path) \(message)") }

    /// Adds a warning about the item.
    public func warn(_ message: String) { reader.warn(origin, "\(path) \(message)") }
}

/// A value below a section, with its keys joined by dots.
public struct ConfigurationValue: Sendable {
    public let key: String
    /// One text, or those of a list.
    public let texts: [String]
    private let reader: ConfigurationReader
    private let path: ConfigurationPath
    private let origin: ConfigurationOrigin

    init(
        _ key: String, _ texts: [String], _ reader: ConfigurationReader, _ path: ConfigurationPath,
        _ origin: ConfigurationOrigin
    ) {
        self.key = key
        self.texts = texts
        self.reader = reader
        self.path = path
        self.origin = origin
    }

    /// Adds a problem about the value: `report("must be a whole number")`.
    public func report(_ message: String) { reader.report(origin, "\(path) \(message)") }
}

extension Configuration {
    /// The items of a list of words and sections; empty if there is none.
    public func items(of key: String, help: SettingHelp = .none) -> [ConfigurationItem] {
        let path = path.appending(key)
        declare(path, type: "list of texts or sections", default: nil, hasVariable: false, help: help)
        return items(key).enumerated().compactMap { index, item in
            let place = path.appending(.index(index))
            reader.markKnown(place)
            switch item.value {
            case .scalar(let text):
                reader.record(place, .scalar(text), item.origin)
                return ConfigurationItem(.text(text), reader, place, item.origin)
            case .section:
                let section = Configuration(reader: reader, path: place, node: item)
                return ConfigurationItem(.section(section), reader, place, item.origin)
            case .null, .list:
                reader.accept(place)
                reader.report(item.origin, "\(place) must be text or a section\(notThis(item, place))")
                return nil
            }
        }
    }

    /// Every value below this section: for sections whose keys are somebody else's, and who finds the unknown ones.
    public func values() -> [ConfigurationValue] {
        reader.accept(path)
        guard let node else { return [] }
        return values(of: node, path, key: "")
    }

    private func values(of node: ConfigurationNode, _ path: ConfigurationPath, key: String) -> [ConfigurationValue] {
        switch node.value {
        case .null: return []
        case .scalar(let text):
            reader.record(path, .scalar(text), node.origin)
            return [ConfigurationValue(key, [text], reader, path, node.origin)]
        case .list(let items):
            let texts = items.enumerated().compactMap { word($1, at: path.appending(.index($0))) }
            reader.record(path, .list(texts), node.origin)
            return [ConfigurationValue(key, texts, reader, path, node.origin)]
        case .section(let entries):
            return entries.flatMap {
                values(of: $0.node, path.appending($0.key), key: key.isEmpty ? $0.key : key + "." + $0.key)
            }
        }
    }
}
