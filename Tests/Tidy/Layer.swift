/// Where a module stands. An arrow between two modules points down.
enum Layer: Sendable, Hashable {
    case cLibrary
    case platform
    case contracts
    case providers
    /// The provider of payments that tests and a fresh shop use.
    case providerSimulator
    case service(String)
    /// The files of a service's web page.
    case page
    case program
    /// What starts the program.
    case executable

    /// From a path such as `Sources/Services/Order/Domain/Order.swift`; `nil` for a folder that the design does not know.
    init?(path: String) {
        let folders = path.split(separator: "/").map(String.init)
        guard folders.count >= 3, folders[0] == "Sources" else { return nil }
        switch folders[1] {
        case "CLibraries": self = .cLibrary
        case "Platform": self = .platform
        case "Contracts": self = .contracts
        case "PaymentProviders": self = .providers
        case "ProviderSimulator": self = .providerSimulator
        case "Services": self = .service(folders[2])
        case "Pages": self = .page
        case "Program": self = .program
        case "sambal": self = .executable
        default: return nil
        }
    }

    /// What lies in each place, by the name under which it is imported.
    static func modules(of paths: [String]) -> [String: Layer] {
        var modules: [String: Layer] = [:]
        for path in paths {
            guard let layer = Layer(path: path) else { continue }
            let folders = path.split(separator: "/").map(String.init)
            switch layer {
            case .cLibrary, .platform, .page: modules[folders[2]] = layer
            case .service(let name): modules["\(name)Service"] = layer
            case .program: modules["SambalProgram"] = layer
            case .contracts, .providers, .providerSimulator, .executable: modules[folders[1]] = layer
            }
        }
        return modules
    }

    func mayImport(_ other: Layer) -> Bool {
        switch (self, other) {
        case (.program, .program), (.program, .executable): false
        case (.executable, .program): true
        case (.program, _): true
        case (.service, .contracts), (.service, .providers), (.service, .platform), (.service, .page): true
        case (.providers, .contracts), (.providers, .platform): true
        case (.providerSimulator, .providers), (.providerSimulator, .platform): true
        case (.contracts, .platform): true
        case (.platform, .platform), (.platform, .cLibrary): true
        default: false
        }
    }
}
