/// The values that were read, in the order of reading, as a tree.
struct EffectiveConfiguration: Sendable {
    enum Value: Sendable {
        case scalar(String)
        case list([String])
    }

    indirect enum Content: Sendable {
        case value(Value, ConfigurationOrigin?, isSecret: Bool)
        case branch([(component: ConfigurationPath.Component, content: Content)])
    }

    private var root = Content.branch([])

    mutating func insert(_ value: Value, at path: ConfigurationPath, origin: ConfigurationOrigin?) {
        root.insert(.value(value, origin, isSecret: path.isSecret), at: path.components[...])
    }

    var rendered: String {
        var text = ""
        root.render(into: &text, indentation: "")
        return text
    }
}

extension EffectiveConfiguration.Content {
    mutating func insert(_ leaf: Self, at components: ArraySlice<ConfigurationPath.Component>) {
        guard let first = components.first else {
            self = leaf
            return
        }
        var children: [(component: ConfigurationPath.Component, content: Self)] = []
        if case .branch(let known) = self { children = known }
        let index = children.firstIndex { $0.component == first } ?? children.endIndex
        if index == children.endIndex { children.append((component: first, content: .branch([]))) }
        children[index].content.insert(leaf, at: components.dropFirst())
        self = .branch(children)
    }
}
