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
        let brokers = kafka.settings.brokers.joined(separator: ",")
        let output = await output(
            of: "kcat -C -q -J -e -o beginning -b '\(brokers)' -t '\(kafka.settings.prefix).\(topic)' 2>/dev/null")
        return try output.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Record.self, from: $0) }
    }

    /// Reads it on a thread of its own, with nothing in between that could miss the command's end.
    private static func output(of command: String) async -> Data {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                guard let pipe = popen(command, "r") else { return continuation.resume(returning: Data()) }
                var (output, part) = (Data(), [UInt8](repeating: 0, count: 1 << 16))
                while case let count = fread(&part, 1, part.count, pipe), count > 0 { output += part[..<count] }
                pclose(pipe)
                continuation.resume(returning: output)
            }
        }
    }
}
