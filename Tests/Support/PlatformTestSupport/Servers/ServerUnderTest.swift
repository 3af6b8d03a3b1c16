import Foundation

/// A database server of the test's own, which it may kill.
package struct ServerUnderTest: Sendable, CustomStringConvertible {
    /// As `scripts/servers` names it.
    package let kind: String
    private let isSecure: Bool
    private let connections: Int?
    private let options: String?
    private let folder: String

    package var description: String { kind }

    /// Those that the environment names a server of: they are installed.
    package static let kinds = ["postgres", "mariadb", "mongodb"].filter {
        ProcessInfo.processInfo.environment["TEST_\($0.uppercased())_URL"] != nil
    }

    /// A secure one takes nobody without TLS and a password. `connections` is how many it takes at most,
    /// `options` what its program is started with beside.
    package init(_ kind: String, isSecure: Bool = false, connections: Int? = nil, options: String? = nil) {
        self.kind = kind
        self.isSecure = isSecure
        self.connections = connections
        self.options = options
        // Short: a socket's name has a limit. Where its own user can reach it.
        folder = "/tmp/sambal-\(kind)-\(UInt32.random(in: .min ... .max))"
    }

    /// A file of a secure server's certificates and keys, `authority.pem` for one.
    package func certificate(_ name: String) -> String { "\(folder)/tls/\(name)" }

    /// Starts it, a second time too, on the same port and data; gives its URL.
    @discardableResult
    package func start() async throws -> String {
        let result = try await run(["start", kind, folder] + (isSecure ? ["secure"] : []))
        guard let url = result.output.split(separator: "\n").last, result.status == 0 else {
            throw NotStarted(kind: kind, output: result.output)
        }
        return String(url)
    }

    /// As a power cut does to the process.
    package func killNow() throws {
        let text = try String(contentsOfFile: "\(folder)/pid", encoding: .utf8)
        guard let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw NotStarted(kind: kind, output: text)
        }
        kill(pid, SIGKILL)
    }

    /// The process of a replica set's member that takes writes.
    package func primary() async throws -> Int32 {
        let result = try await run(["primary", kind, folder])
        guard let pid = Int32(result.output.trimmingCharacters(in: .whitespacesAndNewlines)), result.status == 0 else {
            throw NotStarted(kind: kind, output: result.output)
        }
        return pid
    }

    /// The processes of a replica set's members.
    package func members() throws -> [Int32] {
        try (1...3).compactMap {
            let text = try String(contentsOfFile: "\(folder)/\($0)/pid", encoding: .utf8)
            return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }

    package func stop() async throws { try await run(["stop", kind, folder]) }

    /// Starts it, and stops it whatever comes of `body`.
    package func run<Value: Sendable>(_ body: (_ url: String) async throws -> Value) async throws -> Value {
        let url = try await start()
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(url))
        } catch {
            outcome = .failure(error)
        }
        try await stop()
        return try outcome.get()
    }

    private struct NotStarted: Error {
        let kind: String
        let output: String
    }

    @discardableResult
    private func run(_ words: [String]) async throws -> CommandResult {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../..")
        let script = root.appending(path: "scripts/servers").standardized.path()
        // The server keeps what its script writes to open: it goes to a file.
        let output = "\(folder).out"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let command = ([script] + words).map { "'\($0)'" }.joined(separator: " ")
        let limit =
            (connections.map { "CONNECTIONS=\($0) " } ?? "") + (options.map { "SERVER_OPTIONS='\($0)' " } ?? "")
        let result = try await CommandResult.run(
            URL(filePath: "/bin/sh"), ["-c", "\(limit)\(command) > '\(output)' 2>&1 < /dev/null"])
        return CommandResult(
            status: result.status, output: (try? String(contentsOfFile: output, encoding: .utf8)) ?? "")
    }
}
