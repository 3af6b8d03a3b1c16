import Configuration
import Foundation
import Kernel
import Testing

@testable import SambalProgram

/// The pages of docs/reference say what the code says. `SAMBAL_WRITE_DOCS=1` writes them (`make references`).
@Suite struct ReferencePageTests {
    @Test(arguments: ReferencePage.allCases)
    func a_page_is_what_the_code_declares(_ page: ReferencePage) throws {
        try Self.expect(page.file, toBe: try page.markdown())
    }

    @Test func the_page_of_metrics_is_what_the_code_declares() throws {
        try Self.expect("docs/reference/metrics.md", toBe: MetricsReference.markdown(try MetricsReference.metrics()))
    }

    @Test func every_metric_is_described_and_found() throws {
        let metrics = try MetricsReference.metrics()
        for metric in metrics { #expect(metric.help.hasSuffix("."), "\(metric.name)") }
        let found = Set(metrics.map(\.name))
        for (path, text) in try RepositoryFile.swift(in: "Sources") {
            for match in text.matches(of: /"((?:sambal|process)_[a-z_]+)"/) {
                #expect(found.contains(String(match.1)), "\(path) names \(match.1), which is declared nowhere")
            }
        }
    }

    @Test func every_setting_is_described_and_every_description_is_on_the_page() throws {
        let page = SettingsReference.markdown
        for setting in SettingsReference.settings {
            #expect(!setting.help.isEmpty, "\(setting.key) needs a description where it is read")
        }
        var described = 0
        for (path, text) in try RepositoryFile.swift(in: "Sources") where text.contains("import Configuration") {
            for match in text.matches(of: /help:\s*(?:\.init\(\s*)?"([^"\\]+)"/) {
                described += 1
                #expect(page.contains(match.1), "\(path): no configuration of the reference reads: \(match.1)")
            }
        }
        #expect(described > 120)
    }

    @Test func settings_tell_their_type_default_and_variable() throws {
        let settings = Dictionary(uniqueKeysWithValues: SettingsReference.settings.map { ($0.key, $0) })
        let port = try #require(settings["order.port"])
        #expect(port.type == "whole number from 1 to 65535" && port.defaultText == "8084")
        #expect(port.variable == "SAMBAL_ORDER_PORT" && !port.isSecret && !port.isRequired)
        let key = try #require(settings["payment.stripe.secretKey"])
        #expect(key.isSecret && key.isRequired && key.defaultText == nil)
        #expect(settings["gateway.routes[].id"]?.variable == "SAMBAL_GATEWAY_ROUTES_0_ID")
        #expect(settings["limits.maxBody"]?.unit == "bytes")
    }

    @Test func settings_as_json_are_those_of_the_page() throws {
        struct Row: Decodable { let key: String }
        let rows = try JSON.decode([Row].self, from: Data(SettingsReference.json.utf8))
        #expect(rows.map(\.key) == SettingsReference.settings.map(\.key))
    }

    @Test func every_problem_type_of_the_code_is_on_the_page() throws {
        var named: Set<String> = []
        for (path, text) in try RepositoryFile.swift(in: "Sources") where !path.contains("Program/Reference") {
            named.formUnion(text.matches(of: /"(\/problems\/[a-z-]+)"/).map { String($0.1) })
        }
        #expect(named == Set(ErrorReference.types.map(\.type)))
    }

    private static func expect(_ file: String, toBe text: String) throws {
        if ProcessInfo.processInfo.environment["SAMBAL_WRITE_DOCS"] == "1" {
            try text.write(to: RepositoryFile.url(file), atomically: true, encoding: .utf8)
        }
        let kept = try? String(contentsOf: RepositoryFile.url(file), encoding: .utf8)
        #expect(kept == text, "\(file) is stale: make references")
    }
}

/// Files of the repository, found from where this file lies.
enum RepositoryFile {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    static func url(_ path: String) -> URL { root.appending(path: path) }

    /// Paths and texts of the Swift files below a folder, sorted by path.
    static func swift(in folder: String) throws -> [(path: String, text: String)] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: url(folder).path)
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map {
            ("\(folder)/\($0)", try String(contentsOf: url("\(folder)/\($0)"), encoding: .utf8))
        }
    }
}
