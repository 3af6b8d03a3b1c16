import Configuration
import Testing

/// Documents of a YAML stream and the profiles that choose them.
@Suite struct ProfileTests {
    private static let stream = """
        port: 1
        names: [a, b]
        ---
        spring:
          profiles: default
        port: 2
        ---
        spring:
          config:
            activate:
              on-profile: "docker | cloud"
        port: 3
        names: [c]
        ---
        spring:
          profiles: "!docker"
        section: {inner: 4}
        """

    private func root(_ profiles: [String], _ yaml: String = stream) throws -> Configuration {
        ConfigurationReader(try ConfigurationSource(yaml: yaml, profiles: profiles, environment: [:])).root
    }

    @Test func without_a_profile_the_default_documents_count() throws {
        let root = try root([])
        #expect(root.int("port") == 2)
        #expect(root.strings("names") == ["a", "b"])
        #expect(root.section("section").int("inner") == 4)
        #expect(root.keys == ["port", "names", "section"])
    }

    @Test(arguments: ["docker", "cloud"])
    func an_active_profile_replaces_the_default(profile: String) throws {
        let root = try root([profile])
        #expect(root.int("port") == 3)
        #expect(root.strings("names") == ["c"])
        #expect(root.contains("section") == (profile == "cloud"))
    }

    @Test func a_file_names_its_active_profile() throws {
        let yaml = "spring:\n  profiles:\n    active: docker\na: 1\n---\nspring:\n  profiles: docker\na: 2\n"
        #expect(try root([], yaml).int("a") == 2)
        #expect(throws: ConfigurationError.self) { try root(["other"], yaml) }
    }

    @Test func a_profile_that_no_document_has_is_refused() throws {
        let error = try #require(throws: ConfigurationError.self) { try root(["dokcer"]) }
        #expect("\(error)" == "config.yaml has no document for the profile dokcer")
    }

    @Test(arguments: ["(a)", "a & b | c", "!", "a &"])
    func an_expression_that_is_not_understood_is_refused_with_its_line(expression: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try root([], "a: 1\n---\nspring:\n  profiles: \"\(expression)\"\n")
        }
        #expect("\(error)".hasPrefix("config.yaml:4: spring.profiles must be names of profiles"))
    }

    @Test func a_warning_has_its_line_and_stops_nothing() throws {
        let reader = ConfigurationReader(
            try ConfigurationSource(yaml: "a:\n  b: 1\n", name: "shop.yaml", environment: [:]))
        _ = reader.root.section("a").int("b")
        reader.root.section("a").warn("b", "is not followed")
        try reader.finish()
        #expect(reader.warnings.map(\.description) == ["shop.yaml:2: a.b is not followed"])
    }

    @Test func items_are_words_and_sections() throws {
        let reader = ConfigurationReader(
            try ConfigurationSource(yaml: "list: [one, {two: {three: [4, 5], six: 7}}]", environment: [:]))
        let items = reader.root.items(of: "list")
        guard items.count == 2, case .text("one") = items[0].content, case .section(let section) = items[1].content
        else {
            Issue.record("\(items)")
            return
        }
        let values = section.section("two").values()
        #expect(values.map(\.key) == ["three", "six"])
        #expect(values.map(\.texts) == [["4", "5"], ["7"]])
        try reader.finish()
        #expect(reader.dump().contains("- one  # config.yaml:1"))
    }
}
