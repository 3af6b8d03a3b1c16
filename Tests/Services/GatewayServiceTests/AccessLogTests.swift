import Foundation
import Glibc
import Kernel
import PlatformTestSupport
import Testing

@testable import GatewayService

@Suite struct AccessLogTests {
    private static func entry(_ text: String) -> AccessLog.Entry {
        AccessLog.Entry(
            time: Timestamp(milliseconds: 0), client: "127.0.0.1", method: "GET", path: "/" + text, status: 200,
            bytes: 2, duration: .milliseconds(1), route: "orders", requestID: "R-1", referrer: text, agent: text)
    }

    private static let hostile = ["\"", "\\", "a", "/", "\u{1}", "é", "한", "😀"].map {
        String(repeating: $0, count: 8000)
    }

    @Test(arguments: [AccessLogFormat.json, .combined], hostile)
    func a_line_is_no_longer_than_a_pipe_takes_at_once(format: AccessLogFormat, text: String) {
        let line = AccessLog.line(Self.entry(text), format, dropped: 1_000_000)
        #expect(line.utf8.count <= AccessLog.lineLimit)
        #expect(line.contains("…") && line.last == "\n" && line.contains("127.0.0.1"))
    }

    @Test func short_fields_stay_as_they_are() {
        let line = AccessLog.line(Self.entry("a b/ü"), .combined)
        #expect(line.contains("\"GET /a b/ü HTTP/1.1\" 200 2 \"a b/ü\" \"a b/ü\""), "\(line)")
    }

    @Test func a_file_gets_line_after_line() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("access.log")
        let log = try #require(try AccessLog(.json, file: path))
        log.write(Self.entry("a"))
        log.write(Self.entry("b"))
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 2 && lines[0].contains("/a") && lines[1].contains("/b"))
    }

    @Test(.timeLimit(.minutes(1))) func a_pipe_that_nobody_reads_is_refused_and_not_waited_for() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let error = #expect(throws: AccessLogError.self) { try AccessLog(.json, file: path) }
        #expect(
            error?.description.contains("the access log \(path) cannot be opened: it is a pipe that nobody") == true)
    }

    /// The reader is there, and takes nothing.
    @Test(.timeLimit(.minutes(1)), arguments: [AccessLogFormat.json, .combined])
    func a_pipe_that_nobody_reads_holds_up_nobody(format: AccessLogFormat) throws {
        let directory = TemporaryDirectory()
        let path = directory.file("pipe")
        try #require(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let log = try #require(try AccessLog(format, file: path))
        for _ in 0..<200 { log.write(Self.entry(String(repeating: "\"", count: 3500))) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(reader, &buffer, buffer.count)
        #expect(count > AccessLog.lineLimit && buffer[count - 1] == UInt8(ascii: "\n"))
        // The next line says how many were dropped.
        log.write(Self.entry(""))
        let next = String(decoding: buffer[..<max(read(reader, &buffer, buffer.count), 0)], as: UTF8.self)
        #expect(next.contains("GET") && (format == .combined || next.contains("dropped")), "\(next)")
        withExtendedLifetime(directory) {}
    }
}
