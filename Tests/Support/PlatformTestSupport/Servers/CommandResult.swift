package import Foundation

/// A command that ran to its end.
package struct CommandResult: Sendable {
    package let status: Int32
    package let output: String

    /// That of the tests, without what the product would take for its settings.
    package static var environment: [String: String] {
        // libmongoc keeps counters in shared memory by the process' number, and warns of what a killed one has left.
        ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("SAMBAL_") }
            .merging(["MONGOC_DISABLE_SHM": "1"]) { $1 }
    }

    package static func run(_ program: URL, _ words: [String]) async throws -> CommandResult {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                let process = Process()
                process.executableURL = program
                process.arguments = words
                process.environment = environment
                let pipe = Pipe()
                process.standardOutput = pipe
                process.standardError = pipe
                do {
                    try process.run()
                    let output = pipe.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    continuation.resume(
                        returning: CommandResult(
                            status: process.terminationStatus, output: String(decoding: output, as: UTF8.self)))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}
