import Foundation
import PlatformTestSupport

extension ShopUnderTest {
    /// What tells a command which shop it is about.
    var here: [String] { ["--data", data.path(), "--config", configuration.path()] }

    /// Tries to start the whole shop where that is expected to fail, and returns what it said.
    func start() async throws -> CommandResult { try await run(["up"] + here) }

    /// Runs the shop, places orders and waits until they are at their end, then stops the shop.
    @discardableResult
    func withOrders<Value>(_ count: Int, _ body: ([String]) async throws -> Value) async throws -> Value {
        let running = try await up()
        var ids: [String] = []
        for _ in 0..<count {
            let placed = try await place()
            guard let id = placed.json["id"].string else { throw Unexpected("no order: \(placed.text)") }
            ids.append(id)
        }
        for id in ids {
            try await eventually("\(id) is at its end") {
                try await isAtItsEnd(id) && mails(about: id).count == 1
            }
        }
        let value = try await body(ids)
        guard running.end() == 0 else { throw Unexpected("the shop did not stop well: \(lastWords)") }
        return value
    }

    /// Says something else in a service's section, beside its port.
    func configure(_ service: String, _ lines: [String]) throws {
        var kept: [Substring] = []
        var isInSection = false
        for line in try String(contentsOf: configuration, encoding: .utf8).split(separator: "\n") {
            if !line.hasPrefix(" ") { isInSection = line == "\(service):" }
            if isInSection, line.hasPrefix("  "), !line.hasPrefix("  port:") { continue }
            kept.append(line)
            if isInSection, line.hasPrefix("  port:") { kept += lines.map { "  \($0)" } }
        }
        try kept.joined(separator: "\n").write(to: configuration, atomically: true, encoding: .utf8)
    }

    /// Removes a SQLite file of a shop that does not run.
    func remove(_ name: String) throws {
        for suffix in ["", "-wal", "-shm"] {
            let file = data.appending(path: name + suffix)
            guard FileManager.default.fileExists(atPath: file.path()) else { continue }
            try FileManager.default.removeItem(at: file)
        }
    }

    func copy(_ name: String, to folder: URL) throws {
        try FileManager.default.copyItem(at: data.appending(path: name), to: folder.appending(path: name))
    }
}
