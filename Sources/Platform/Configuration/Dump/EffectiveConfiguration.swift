/// The values that were read, in the order of reading, as a tree.
struct EffectiveConfiguration: Sendable {
    enum Value: Sendable {
        case scalar(String)
        case list([String])
    }

    indirect enum Content: Sendable {
        case value(Value, ConfigurationOrigin?, isSecret: Bool)
        case branch(Branch)
    }

    /// In the order of reading; each is found by its component.
    struct Branch: Sendable {
        var children: [(component: ConfigurationPath.Component, content: Content)] = []
        var places: [ConfigurationPath.Component: Int] = [:]

        mutating func place(of component: ConfigurationPath.Component) -> Int {
            if let place = places[component] { return place }
            children.append((component: component, content: .branch(Branch())))
            places[component] = children.count - 1
            return children.count - 1
        }
    }

    private var root = Content.branch(Branch())

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
        var branch = EffectiveConfiguration.Branch()
        if case .branch(let known) = self { branch = known }
        // Without a second reference to it, or all of it would be copied.
        self = .branch(EffectiveConfiguration.Branch())
        let place = branch.place(of: first)
        branch.children[place].content.insert(leaf, at: components.dropFirst())
        self = .branch(branch)
    }
}
