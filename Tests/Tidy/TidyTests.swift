import Testing

@Suite struct TidyTests {
    @Test func every_source_keeps_the_rules() throws {
        let files = try SourceFile.all(in: "Sources")
        #expect(files.count > 50)
        let pages = try PageTests.files().map(\.path)
        let modules = Layer.modules(of: files.map(\.path) + Self.cLibraries(files) + pages)
        for file in files {
            for violation in Rules.violations(in: file, modules: modules) {
                Issue.record("\(file) \(violation)")
            }
        }
    }

    @Test func no_exception_outlives_its_reason() throws {
        let files = try SourceFile.all(in: "Sources")
        for exception in Rules.exceptions {
            let file = files.first { $0.path == exception.path }
            let isNeeded = file.map { Rules.forbiddenWords(in: $0).contains(exception.word) } ?? false
            #expect(isNeeded, "\(exception.path) no longer contains \(exception.word): take it off the list")
        }
    }

    /// A repository of aggregates without `detaching` does not compile; one with another closure would drop what they have
    /// recorded.
    @Test func aggregates_are_stored_by_the_repository_that_publishes() throws {
        let publishing = "Sources/Platform/ServiceHost/Context/ServiceEnvironment+Aggregates.swift"
        let users = try SourceFile.all(in: "Sources").filter { file in
            !file.path.hasPrefix("Sources/Platform/Storage/") && file.code.contains("detaching:")
        }
        #expect(users.map(\.path) == [publishing], "get the repository of an aggregate by repository(of:)")
    }

    /// C libraries have no Swift files: their names all begin with a C and another capital.
    private static func cLibraries(_ files: [SourceFile]) -> [String] {
        Set(files.flatMap(\.imports)).filter { name in
            name.hasPrefix("C") && name.dropFirst().first?.isUppercase == true
        }.map { "Sources/CLibraries/\($0)/module.modulemap" }
    }

    private static let modules = Layer.modules(of: [
        "Sources/CLibraries/CSQLite/module.modulemap", "Sources/Platform/Kernel/Loop.swift",
        "Sources/Contracts/Order/OrderPlaced.swift", "Sources/PaymentProviders/Provider/Provider.swift",
        "Sources/Services/Order/OrderService.swift", "Sources/Services/Payment/PaymentService.swift",
        "Sources/ProviderSimulator/ProviderSimulatorService.swift",
        "Sources/Program/Composition/Shop.swift", "Sources/sambal/main.swift",
        "Sources/Pages/OrderPage/page.c",
    ])

    @Test(arguments: [
        ("Program", "OrderService", true), ("Program", "Kernel", true), ("Program", "CSQLite", true),
        ("sambal", "SambalProgram", true), ("sambal", "Kernel", false), ("Program", "sambal", false),
        ("Services/Order", "Contracts", true), ("Services/Order", "Kernel", true),
        ("Services/Payment", "PaymentProviders", true), ("Services/Order", "PaymentService", false),
        ("Services/Order", "CSQLite", false), ("Services/Order", "SambalProgram", false),
        ("Platform/Kernel", "CSQLite", true),
        ("Platform/Kernel", "Contracts", false), ("Platform/Kernel", "OrderService", false),
        ("Platform/Kernel", "PaymentProviders", false), ("Contracts/Order", "Kernel", true),
        ("Contracts/Order", "OrderService", false), ("Contracts/Order", "PaymentProviders", false),
        ("PaymentProviders/Stripe", "PaymentService", false), ("Platform/Kernel", "Foundation", false),
        ("Platform/Kernel", "FoundationEssentials", true), ("Platform/Kernel", "NIOCore", false),
        ("Elsewhere/Kernel", "Kernel", false), ("ProviderSimulator/Stripe", "PaymentProviders", true),
        ("ProviderSimulator/Stripe", "PaymentService", false), ("Services/Payment", "ProviderSimulator", false),
        ("Program", "ProviderSimulator", true), ("Services/Order", "OrderPage", true),
        ("Platform/Kernel", "OrderPage", false),
    ])
    func arrows_point_down(from: String, to: String, isAllowed: Bool) {
        let file = SourceFile(path: "Sources/\(from)/File.swift", text: Self.padded("public import \(to)\n"))
        #expect(Rules.violations(in: file, modules: Self.modules).isEmpty == isAllowed)
    }

    @Test(arguments: [
        ("let x = try! f()", false), ("Thread.sleep(1)", false), ("    usleep(5)", false),
        ("nanosleep(&time, nil)", false), ("sleep(1)", false),
        ("try await loop.sleep(for: .seconds(1))", true), ("print(\"x\")", false),
        ("// try! nothing", true), ("/* usleep( */", true), ("let s = \"try! \\\" print(\"", true),
        ("let s = #\"a \\\" print(\"#", true), ("let s = \"\"\"\n  print(\n  \"\"\"", true), ("sprint(1)", true),
        ("out.print(1)", true), ("let u = \"http://x\"; try! f()", false), ("#expect(a) // print(", true),
    ])
    func some_words_are_forbidden_in_code_only(text: String, isAllowed: Bool) {
        let file = SourceFile(path: "Sources/Platform/Kernel/File.swift", text: Self.padded(text))
        #expect(Rules.violations(in: file, modules: Self.modules).isEmpty == isAllowed)
    }

    @Test(arguments: [
        ("let payment: Peer", false), ("let context: ServiceContext", false), ("Logger(LogFields())", false),
        ("let peerAddress = 1", true), ("let payment: PeerAddress", true), ("// Peer", true),
        ("let s = \"Peer\"", true),
        ("let client = try context.peer(name)", false), ("enum Clock {", false), ("enum ClockKind {", true),
        ("SystemClock.monotonic", true),
    ])
    func a_name_that_was_given_up_is_found(text: String, isAllowed: Bool) {
        let file = SourceFile(path: "Sources/Platform/Kernel/File.swift", text: Self.padded(text))
        #expect(Rules.violations(in: file, modules: Self.modules).isEmpty == isAllowed)
    }

    @Test(arguments: [
        ("/// What it is.", false), ("    /// The same again.", false), ("/// Of all.", false),
        ("/// Returns it.", true),
        ("/// Returns it, so that\n/// What follows is read too.", true), ("// What a comment in a body says.", true),
        ("/// The value, `nil` where none is.", false), ("// Throws where it cannot.", false),
        ("let s = 1\n/// Whoever comes.", false), ("/// Returns it.\n///\n/// What follows.", false),
    ])
    func a_doc_comment_begins_with_a_verb_or_the_thing(text: String, isAllowed: Bool) {
        let file = SourceFile(path: "Sources/Platform/Kernel/File.swift", text: Self.padded(text))
        #expect(Rules.violations(in: file, modules: Self.modules).isEmpty == isAllowed)
    }

    @Test func the_command_line_may_print() {
        let file = SourceFile(path: "Sources/Program/Shop.swift", text: Self.padded("print(1)"))
        #expect(Rules.violations(in: file, modules: Self.modules).isEmpty)
    }

    /// As long as a file must be.
    private static func padded(_ text: String) -> String {
        text + String(repeating: "\n", count: Rules.leastLines)
    }

    @Test(arguments: [(15, false), (16, true), (400, true), (401, false)])
    func a_long_or_short_file_is_looked_at(lines: Int, isAllowed: Bool) {
        let file = SourceFile(path: "Sources/Contracts/Shop.swift", text: String(repeating: "\n", count: lines))
        #expect(Rules.violations(in: file, modules: Self.modules).isEmpty == isAllowed)
    }

    @Test(arguments: [
        ("import Kernel", ["Kernel"]), ("public import Kernel", ["Kernel"]), ("@testable import Kernel", ["Kernel"]),
        ("package import struct Kernel.Money", ["Kernel"]), ("import Glibc.unistd", ["Glibc"]),
        ("// import Kernel", []), ("let import_ = 1", []),
    ])
    func imports_are_read_in_every_form(text: String, imports: [String]) {
        #expect(SourceFile(path: "", text: text).imports == imports)
    }
}
