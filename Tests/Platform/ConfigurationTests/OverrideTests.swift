import Configuration
import FoundationEssentials
import Testing

@Suite struct OverrideTests {
    let yaml = "order:\n  port: 1\n  openDuration: 1s\n  hosts: [a]\nroutes: [{path: /a}]\n"

    @Test func the_environment_wins_over_directory_file_and_default() throws {
        let folder = try TemporaryFolder()
        try folder.write("order.port", "2\n")
        try folder.write("order.openDuration", "2s\n")
        let root = try root(
            yaml, directory: folder.path,
            environment: [
                "SAMBAL_ORDER_PORT": "3", "SAMBAL_ORDER_HOSTS": "b, c", "SAMBAL_ROUTES_0_PATH": "/b", "PATH": "/bin",
                "SAMBAL_ORDER_BASE_URL": "http://x",
            ])
        let order = root.section("order")
        #expect(order.int("port") == 3)
        #expect(order.duration("openDuration") == .seconds(2))
        #expect(order.strings("hosts") == ["b", "c"])
        #expect(order.string("baseURL") == "http://x")
        #expect(root.list("routes").map { $0.string("path") } == ["/b"])
    }

    @Test func yaml_files_of_the_directory_count_in_the_order_of_their_names() throws {
        let folder = try TemporaryFolder()
        try folder.write("20-local.yml", "order:\n  port: 3\n")
        try folder.write("10-shop.yaml", "order:\n  port: 2\n  openDuration: 2s\n  hosts: [b]\n")
        try folder.write("order.openDuration", "5s\n")
        let order = try root(yaml, directory: folder.path).section("order")
        #expect(order.int("port") == 3)
        #expect(order.duration("openDuration") == .seconds(5))
        #expect(order.strings("hosts") == ["b"])
    }

    @Test func a_profile_chooses_among_the_documents_of_file_and_directory() throws {
        let folder = try TemporaryFolder()
        try folder.write("shop.yaml", "order: {port: 2}\n---\nspring: {profiles: docker}\norder: {port: 3}\n")
        func port(_ profiles: [String]) throws -> Int {
            let source = try ConfigurationSource.load(profiles: profiles, directory: folder.path, environment: [:])
            return ConfigurationReader(source).root.section("order").int("port")
        }
        #expect(try port([]) == 2)
        #expect(try port(["docker"]) == 3)
        #expect(throws: ConfigurationError.self) { try port(["dokcer"]) }
    }

    @Test func an_error_in_a_yaml_file_of_the_directory_names_file_and_line() throws {
        let folder = try TemporaryFolder()
        try folder.write("shop.yaml", "order:\n  port: 1\n  prot: 2\n")
        let found = problems("", directory: folder.path) { _ = $0.section("order").int("port") }
        #expect(found == ["\(folder.path)/shop.yaml:3: order.prot is not a known key; did you mean port?"])
    }

    @Test func an_error_names_the_variable_or_the_file_of_the_directory() throws {
        let folder = try TemporaryFolder()
        try folder.write("order.openDuration", "soon")
        try folder.write("order.prot", "1")
        let found = problems(yaml, directory: folder.path, environment: ["SAMBAL_ORDER_PORT": "x"]) { root in
            root.accept("routes")
            _ = root.section("order").int("port")
            _ = root.section("order").duration("openDuration")
            _ = root.section("order").strings("hosts")
        }
        #expect(
            found == [
                "environment SAMBAL_ORDER_PORT: order.port must be a whole number, not \"x\"",
                "\(folder.path)/order.openDuration: order.openDuration must be a duration such as 500ms, 2s or 1m, "
                    + "not \"soon\"",
                "\(folder.path)/order.prot: order.prot is not a known key; did you mean port?",
            ])
    }

    @Test func a_variable_that_overrides_nothing_is_reported() {
        let found = problems(
            "", environment: ["SAMBAL_ORDER_PROT": "1", "SAMBAL_HOME": "/", "SAMBALISH": "1"], except: ["SAMBAL_HOME"]
        ) {
            _ = $0.section("order").int("port", default: 1)
        }
        #expect(
            found == [
                "environment SAMBAL_ORDER_PROT: overrides no known key; did you mean SAMBAL_ORDER_PORT?"
            ])
    }

    @Test func kubernetes_own_entries_are_skipped_and_links_followed() throws {
        let folder = try TemporaryFolder()
        let files = FileManager.default
        try files.createDirectory(atPath: folder.path + "/..2026_01", withIntermediateDirectories: false)
        try folder.write("..2026_01/order.port", "9")
        try files.createSymbolicLink(atPath: folder.path + "/..data", withDestinationPath: "..2026_01")
        try files.createSymbolicLink(atPath: folder.path + "/order.port", withDestinationPath: "..data/order.port")
        let found = problems("", directory: folder.path) {
            #expect($0.section("order").int("port") == 9)
        }
        #expect(found == [])
    }

    @Test(arguments: [
        ("order.port.deep", "config.yaml:2 has a value there, which cannot hold \"deep\""),
        ("order..port", "the name must be keys with dots between them"),
        ("routes.7.path", "config.yaml:5 has a list of 1 there, which has no \"7\""),
    ])
    func a_file_that_fits_nowhere_is_refused(name: String, problem: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(name, "1")
        #expect(problems(yaml, directory: folder.path) == ["\(folder.path)/\(name): \(problem)"])
    }
}
