/// A target as `Package.swift` declares it: its name, its folder and the modules that it names.
struct PackageTarget: Sendable, Equatable {
    let name: String
    let path: String
    let dependencies: Set<String>

    /// The targets of a manifest whose declarations read `service("Order", ["Kernel", …], path: …)`.
    static func all(in manifest: String) -> [PackageTarget] {
        let declaration =
            /(platform|service|module|program|tests)\(\s*"([\w-]+)",\s*\[([^\]]*)\](?:,\s*path:\s*"([^"]+)")?/
        return manifest.matches(of: declaration).map { match in
            let (_, kind, name, list, path) = match.output
            let dependencies = list.split(separator: "\"").filter { $0.first?.isLetter == true }.map(String.init)
            return PackageTarget(
                name: String(name) + suffix(of: kind), path: path.map(String.init) ?? folder(of: kind, name: name),
                dependencies: Set(dependencies))
        }
    }

    /// C libraries and the files of web pages, which have no dependencies.
    static func systemLibraries(in manifest: String) -> Set<String> {
        let declaration = /(?:cLibrary\(|page\(|systemLibrary\(name: )"(\w+)"/
        return Set(manifest.matches(of: declaration).map { String($0.output.1) })
    }

    private static func suffix(of kind: Substring) -> String {
        switch kind {
        case "service": "Service"
        case "tests": "Tests"
        default: ""
        }
    }

    /// The folder of a declaration without a path, as the manifest's helpers choose it.
    private static func folder(of kind: Substring, name: Substring) -> String {
        switch kind {
        case "service": "Sources/Services/\(name)"
        case "tests": "Tests/Platform/\(name)Tests"
        default: "Sources/Platform/\(name)"
        }
    }

    /// Returns one sentence for each module that is named and not imported, or imported and not named.
    func mismatches(with imported: Set<String>) -> [String] {
        let missing = imported.subtracting(dependencies).sorted().map {
            "\(name) imports \($0): name it in the target's dependencies in Package.swift"
        }
        let superfluous = dependencies.subtracting(imported).sorted().map {
            "\(name) names \($0) in Package.swift, which none of its files imports: take it away"
        }
        return missing + superfluous
    }
}
