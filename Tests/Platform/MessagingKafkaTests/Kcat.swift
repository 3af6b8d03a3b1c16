import Foundation
import KafkaTestSupport
import MessagingKafka

/// The command-line client `kcat`, as an operator uses it.
enum Kcat {
    struct Record: Decodable {
        let partition: Int
        let ts: Int64
        let key: String
        let payload: String
        /// Names and values in turn.
        let headers: [String]

        func header(_ name: String) -> String? {
            headers.firstIndex(of: name).map { headers[$0 + 1] }
        }
    }

    /// Everything that is in the topic.
    static func read(_ kafka: KafkaUnderTest, topic: String) async throws -> [Record] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/kcat")
        process.arguments = [
            "-C", "-q", "-J", "-e", "-o", "beginning", "-b", kafka.settings.brokers.joined(separator: ","), "-t",
            "\(kafka.settings.prefix).\(topic)",
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        let output: Data = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        try process.run()
                        let output = pipe.fileHandleForReading.readDataToEndOfFile()
                        process.waitUntilExit()
                        return output
                    })
            }
        }
        return try output.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Record.self, from: $0) }
    }
}
