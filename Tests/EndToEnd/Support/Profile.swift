import Foundation

/// Which service is on which database, as one of the configurations in `config/` says: with the servers that the
/// environment names in place of its own, and tables that no other shop has.
struct Profile: Sendable {
    /// URLs by service.
    let databases: [String: String]

    /// What the run is about; `nil` for a shop that says nothing.
    static var name: String? {
        ProcessInfo.processInfo.environment["TEST_PROFILE"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `nil` names the one of a shop that says nothing.
    static func named(_ name: String?, data: String) throws -> Profile {
        guard let name else { return Profile(databases: [:]) }
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../config/\(name).yaml")
        let mark = "\(UInt32.random(in: .min ... .max))"
        var (databases, service) = ([String: String](), "")
        for line in try String(contentsOf: file.standardized, encoding: .utf8).split(separator: "\n") {
            if line.hasSuffix(":"), !line.hasPrefix(" ") { service = String(line.dropLast()) }
            guard let start = line.range(of: "database: ") else { continue }
            databases[service] = try database(String(line[start.upperBound...]), service, data, mark)
        }
        guard !databases.isEmpty else { throw Unexpected("\(file.path()) names no database") }
        return Profile(databases: databases)
    }

    private static func database(_ url: String, _ service: String, _ data: String, _ mark: String) throws -> String {
        let scheme = url.prefix { $0 != ":" }
        guard scheme != "lmdb" else { return "lmdb:\(data)/\(service)" }
        let variable = "TEST_\(scheme.uppercased())_URL"
        guard let server = ProcessInfo.processInfo.environment[variable] else {
            throw Unexpected("\(variable) names no server")
        }
        return "\(server)\(server.contains("?") ? "&" : "?")schema=\(service)_\(mark)"
    }
}
