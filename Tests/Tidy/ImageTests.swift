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
