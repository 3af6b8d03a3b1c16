import Foundation
import PlatformTestSupport
import Synchronization

/// The gateway as a process of its own, with a configuration file that a test writes and edits.
final class GatewayUnderTest: Sendable {
    let port: Int
    private let folder: URL
    private let process: Mutex<Process?>

    init(port: Int) throws {
        self.port = port
        folder = FileManager.default.temporaryDirectory.appending(path: "sambal-gateway-\(UUID().uuidString)")
        process = Mutex(nil)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        process.withLock { process in
            guard let process, process.isRunning else { return }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    var file: URL { folder.appending(path: "application.yml") }
    var data: String { folder.appending(path: "data").path() }

    func write(_ yaml: String) throws { try yaml.write(to: file, atomically: true, encoding: .utf8) }

    func start(_ options: [String] = []) async throws {
        let made = Process()
        made.environment = CommandResult.environment
        made.executableURL = ShopUnderTest.program
        made.arguments =
            ["serve", "gateway", "--config", file.path(), "--data", data] + options
        made.standardOutput = FileHandle.nullDevice
        _ = FileManager.default.createFile(atPath: logFile.path(), contents: nil)
        made.standardError = try FileHandle(forWritingTo: logFile)
        try made.run()
        process.withLock { $0 = made }
        try await eventually("the gateway is ready; it says: \(log)") {
            try await HTTP.get(self.url("/readyz")).status == 200
        }
    }

    func url(_ path: String) -> URL { URL(string: "http://127.0.0.1:\(port)\(path)")! }

    /// Sends a request without a body.
    func ask(_ method: String, _ path: String, _ fields: [String] = []) throws -> RawAnswer {
        let lines = ["\(method) \(path) HTTP/1.1", "Host: localhost:\(port)", "Connection: close"] + fields
        return try RawConnection(port: port).exchange(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
    }

    private var logFile: URL { folder.appending(path: "log.txt") }
    var log: String { (try? String(contentsOf: logFile, encoding: .utf8)) ?? "" }
}
