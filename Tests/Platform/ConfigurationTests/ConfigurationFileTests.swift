import Configuration
import FoundationEssentials
import Testing

@Suite struct ConfigurationFileTests {
    @Test(arguments: [
        ("order:\n  port: 1\n  port: 2\n", "config.yaml:3: port stands here twice; first in line 2"),
        ("a: 1\n---\n- 2\n", "config.yaml:3: must be keys with values, such as `order:`"),
        ("- 1\n- 2\n", "config.yaml:1: must be keys with values, such as `order:`"),
        ("just text", "config.yaml:1: must be keys with values, such as `order:`"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "config.yaml:3: merge keys (<<) are not supported"),
        ("a: &x [*x]\n", "config.yaml:1: is nested deeper than 16 levels"),
        ("a: !ruby/object {}\n", "config.yaml:1: the tag !ruby/object is not supported"),
        ("? [a]\n: 1\n", "config.yaml:1: a key must be a word"),
        ("a: 1\nb: [1\n", "config.yaml:3: not valid YAML: did not find expected ',' or ']'"),
        ("a: 1\n b: 2\n", "config.yaml:2: not valid YAML: mapping values are not allowed"),
        ("a: \"\\xff\\q\"", "config.yaml:1: not valid YAML: found unknown escape character"),
    ])
    func what_cannot_be_configuration_is_refused_with_its_line(yaml: String, problem: String) {
        let found = problems(yaml)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(problem) == true, "\(found)")
    }

    @Test(arguments: ["", "\n# only a comment\n", "---\n", "~"])
    func an_empty_file_is_an_empty_configuration(yaml: String) {
        #expect(problems(yaml) == [])
    }

    @Test func an_alias_is_a_copy() throws {
        let root = try root("a: &x {port: 80}\nb: *x\n")
        #expect(root.section("a").int("port") == 80)
        #expect(root.section("b").int("port") == 80)
    }

    @Test func aliases_of_aliases_do_not_exhaust_the_memory() {
        var yaml = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        for level in 1...9 {
            yaml +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        let found = problems(yaml)
        #expect(found.count == 1)
        #expect(found[0].contains("has over 20000 values, aliases counted"))
    }

    @Test func a_file_that_is_not_there_is_named() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationSource.load(file: "/nowhere/config.yaml", environment: [:])
        }
        #expect(error?.description == "/nowhere/config.yaml cannot be read: No such file or directory")
    }

    @Test func a_file_that_is_too_large_is_refused() throws {
        let folder = try TemporaryFolder()
        try folder.write("big.yaml", String(repeating: "#", count: 1_100_000))
        #expect(throws: ConfigurationError.self) { try ConfigurationFile.load(folder.path + "/big.yaml") }
    }

    @Test func a_file_is_read_with_its_path_in_errors() throws {
        let folder = try TemporaryFolder()
        try folder.write("shop.yaml", "order:\n  prot: 80\n")
        let reader = ConfigurationReader(
            try ConfigurationSource.load(file: folder.path + "/shop.yaml", environment: [:]))
        _ = reader.root.section("order").int("port", default: 1)
        let error = #expect(throws: ConfigurationError.self) { try reader.finish() }
        #expect(error?.description == "\(folder.path)/shop.yaml:2: order.prot is not a known key; did you mean port?")
    }
}

/// A folder that goes with the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/configuration-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
    }
}
