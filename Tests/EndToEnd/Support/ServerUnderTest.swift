import Foundation

/// A database server of the test's own, which it may kill.
struct ServerUnderTest: Sendable, CustomStringConvertible {
    /// As `scripts/servers` names it.
    let kind: String
    private let folder: String

    var description: String { kind }

    /// Those that the environment names a server of: they are installed.
    static let kinds = ["postgres", "mariadb", "mongodb"].filter {
        ProcessInfo.processInfo.environment["TEST_\($0.uppercased())_URL"] != nil
    }

    init(_ kind: String) {
        self.kind = kind
        // Short: a socket's name has a limit. Where its own user can reach it.
        folder = "/tmp/sambal-\(kind)-\(UInt32.random(in: .min ... .max))"
    }

    /// Starts it, a second time too, on the same port and data; gives its URL.
    @discardableResult
    func start() async throws -> String {
        let result = try await run(["start", kind, folder])
        guard let url = result.output.split(separator: "\n").last, result.status == 0 else {
            throw Unexpected("scripts/servers start \(kind): \(result.output)")
        }
        return String(url)
    }

    /// As a power cut does to the process.
    func killNow() throws {
        let text = try String(contentsOfFile: "\(folder)/pid", encoding: .utf8)
        guard let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw Unexpected("no pid") }
        kill(pid, SIGKILL)
    }

    func stop() async throws { try await run(["stop", kind, folder]) }

    @discardableResult
    private func run(_ words: [String]) async throws -> CommandResult {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../scripts/servers")
        // The server keeps what its script writes to open: it goes to a file.
        let output = "\(folder).out"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let command = ([script.standardized.path()] + words).map { "'\($0)'" }.joined(separator: " ")
        let result = try await CommandResult.run(
            URL(filePath: "/bin/sh"), ["-c", "\(command) > '\(output)' 2>&1 < /dev/null"])
        return CommandResult(
            status: result.status, output: (try? String(contentsOfFile: output, encoding: .utf8)) ?? "")
    }
}
