import FoundationEssentials
import Testing

/// Keeps the Dockerfile in step with the package: SwiftPM refuses a package one of whose folders is missing.
@Suite struct ImageTests {
    @Test func image_copies_every_folder_that_the_package_names() throws {
        let folders = Self.folders(in: try Self.text("Package.swift"))
        #expect(folders.isSuperset(of: ["Sources", "Tests", "Examples"]))
        let copied = Self.lastWords(of: try Self.text("deploy/Dockerfile"), after: "COPY ")
        let admitted = Self.lastWords(of: try Self.text("deploy/Dockerfile.dockerignore"), after: "!")
        for folder in folders {
            #expect(copied.contains(folder), "the Dockerfile does not copy \(folder)")
            #expect(admitted.contains(folder), "Dockerfile.dockerignore keeps \(folder) out")
        }
    }

    /// Kubernetes' `runAsNonRoot` can only be checked where the image names its user by number.
    @Test func image_runs_as_a_numbered_user() throws {
        let users = Self.lastWords(of: try Self.text("deploy/Dockerfile"), after: "USER ")
        #expect(users.compactMap { $0.split(separator: ":").first.flatMap { Int($0) } }.contains { $0 >= 10_000 })
    }

    /// A version that is raised in the program is raised wherever an image is named.
    @Test(arguments: [
        "deploy/compose/compose.yaml", "deploy/kubernetes/components/hardening/patch.yaml",
        "deploy/kubernetes/overlays/cluster/migration.yaml", "deploy/helm/Chart.yaml", "deploy/helm/values.yaml",
    ])
    func version_of_the_image_is_the_programs(file: String) throws {
        let declarations = try SourceFile.all(in: "Sources").filter { $0.text.contains("enum SambalVersion") }
        let after = try #require(declarations.first?.text.split(separator: "enum SambalVersion").last)
        let version = try #require(after.split(separator: "\"").dropFirst().first)
        #expect(try Self.text(file).contains(version), "\(file) names another version than \(version)")
    }

    /// The port of TLS is reachable in every shape that the shop is deployed in.
    @Test(arguments: [
        ("deploy/Dockerfile", "8443"), ("deploy/compose/compose.yaml", "8443:8443"),
        ("deploy/kubernetes/base/network-policy.yaml", "port: 8443"),
        ("deploy/kubernetes/overlays/embedded/shop.yaml", "containerPort: 8443"),
        ("deploy/kubernetes/overlays/cluster/services/gateway.yaml", "containerPort: 8443"),
        ("deploy/helm/objects/embedded.yaml", "containerPort: 8443"),
        ("deploy/helm/objects/cluster.yaml", "containerPort: 8443"),
    ])
    func port_of_tls_is_open(file: String, words: String) throws {
        let settings = try Self.text("Sources/Services/Gateway/Configuration/GatewayTLS.swift")
        #expect(settings.contains("default: 8443"))
        #expect(try Self.text(file).contains(words), "\(file) does not name the default port of TLS")
    }

    /// Without `apt-get` the libraries are looked for by their names for pkg-config.
    @Test func setup_installs_and_looks_for_every_library() throws {
        let setup = try Self.text("scripts/setup")
        let libraries = try Self.text("Package.swift").split(separator: "\n").compactMap { line -> [String]? in
            guard line.contains("  cLibrary(\"") else { return nil }
            return line.split(separator: "\"").enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
        }
        #expect(libraries.count > 8)
        for names in libraries {
            #expect(setup.contains(" \(names[1]) "), "scripts/setup does not look for \(names[1])")
            #expect(setup.contains(names[2]), "scripts/setup does not install \(names[2])")
        }
    }

    @Test func folder_is_read_from_a_path_of_the_package() {
        #expect(
            Self.folders(in: #"path: "Examples/Suppliers/Program", path: path ?? "Tests/\(name)""#)
                == ["Examples", "Tests"])
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(SourceFile.root)/\(path)")), as: UTF8.self)
    }

    /// The first components of the paths that stand in quotes.
    private static func folders(in package: String) -> Set<String> {
        let quoted = package.split(separator: "\"", omittingEmptySubsequences: false)
        return Set(
            quoted.enumerated().filter { $0.offset % 2 == 1 && $0.element.contains("/") }
                .compactMap { $0.element.split(separator: "/").first.map(String.init) }
                .filter { folder in FileManager.default.fileExists(atPath: "\(SourceFile.root)/\(folder)") })
    }

    private static func lastWords(of text: String, after start: String) -> Set<String> {
        Set(
            text.split(separator: "\n").filter { $0.hasPrefix(start) }
                .compactMap { $0.dropFirst(start.count).split(separator: " ").last.map(String.init) })
    }
}
