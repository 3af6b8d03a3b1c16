/// A piece of configuration and where it was written.
public struct ConfigurationNode: Sendable {
    public indirect enum Value: Sendable {
        /// Nothing was written behind the key: as if the key were not there.
        case null
        case scalar(String)
        case list([ConfigurationNode])
        case section([Entry])
    }

    public struct Entry: Sendable {
        public let key: String
        /// Where the key stands; the value may begin on a later line.
        public let origin: ConfigurationOrigin
        public var node: ConfigurationNode
    }

    public var value: Value
    public let origin: ConfigurationOrigin

    subscript(component: ConfigurationPath.Component) -> ConfigurationNode? {
        switch (component, value) {
        case (.key(let key), .section(let entries)): entries.first { $0.key == key }?.node
        case (.index(let index), .list(let nodes)): nodes.indices.contains(index) ? nodes[index] : nil
        default: nil
        }
    }
}
