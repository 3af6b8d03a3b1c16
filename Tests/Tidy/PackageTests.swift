import FoundationEssentials
import Testing

/// Keeps the dependencies of each target equal to what its files import.
@Suite struct PackageTests {
    /// Started as a program by tests that import nothing of it.
    private static let executables: Set = ["sambal"]

    @Test func each_target_names_exactly_what_its_files_import() throws {
        let manifest = String(
            decoding: try Data(contentsOf: URL(filePath: "\(SourceFile.root)/Package.swift")), as: UTF8.self)
        let targets = PackageTarget.all(in: manifest)
        #expect(targets.count > 60)
        let modules = Set(targets.map(\.name)).union(PackageTarget.systemLibraries(in: manifest))
        for target in targets {
            let files = try SourceFile.all(in: target.path)
            #expect(!files.isEmpty, "\(target.path) has no Swift file")
            let imported = Set(files.flatMap(\.imports)).intersection(modules)
            let named = PackageTarget(
                name: target.name, path: target.path,
                dependencies: target.dependencies.subtracting(Self.executables.subtracting(imported)))
            for mismatch in named.mismatches(with: imported) { Issue.record("\(mismatch)") }
        }
    }

    @Test func declarations_are_read_in_every_form() {
        let manifest = """
            func platform(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
            cLibrary("CCurl", "libcurl", "x"), .systemLibrary(name: "CLinux", path: "y"),
            platform("Kernel", []),
            service(
                "Order", ["Kernel", "HTTP"]),
            tests("Mail", ["Mail"]),
            program(
                "sambal-fuzz",
                [
                    "Kernel",
                ],
                path: "Tests/Fuzz", exclude: ["Corpus"])
            """
        #expect(
            PackageTarget.all(in: manifest) == [
                PackageTarget(name: "Kernel", path: "Sources/Platform/Kernel", dependencies: []),
                PackageTarget(
                    name: "OrderService", path: "Sources/Services/Order", dependencies: ["Kernel", "HTTP"]),
                PackageTarget(name: "MailTests", path: "Tests/Platform/MailTests", dependencies: ["Mail"]),
                PackageTarget(name: "sambal-fuzz", path: "Tests/Fuzz", dependencies: ["Kernel"]),
            ])
        #expect(PackageTarget.systemLibraries(in: manifest) == ["CCurl", "CLinux"])
    }

    @Test func a_mismatch_is_told_in_both_directions() {
        let target = PackageTarget(name: "HTTP", path: "", dependencies: ["Kernel", "Telemetry"])
        #expect(target.mismatches(with: ["Kernel", "Telemetry"]).isEmpty)
        #expect(target.mismatches(with: ["Kernel", "Runtime"]).count == 2)
    }
}
