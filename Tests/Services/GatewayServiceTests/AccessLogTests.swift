import Foundation
import Kernel
import PlatformTestSupport
import Testing

@testable import GatewayService

/// Where the access log is written to.
@Suite struct AccessLogTests {
    private let folder = TemporaryDirectory()

    private func entry(_ path: String) -> AccessLog.Entry {
        AccessLog.Entry(
            time: Timestamp(milliseconds: 0), client: "127.0.0.1", method: "GET", path: path, status: 200, bytes: 2,
            duration: .zero, route: "orders", requestID: "1", referrer: "", agent: "")
    }

    private func text(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    @Test func a_file_gets_line_after_line() throws {
        let path = folder.file("access.log")
        let log = try #require(try AccessLog(.json, file: path))
        log.write(entry("/a"))
        log.write(entry("/b"))
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 2 && lines[0].contains("/a") && lines[1].contains("/b"))
    }

    @Test(.timeLimit(.minutes(1))) func a_pipe_that_nobody_reads_is_refused_and_not_waited_for() throws {
        let path = folder.file("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let error = #expect(throws: AccessLogError.self) { try AccessLog(.json, file: path) }
        #expect(
            error?.description.contains("the access log \(path) cannot be opened: it is a pipe that nobody") == true)
    }

    @Test(.timeLimit(.minutes(1))) func a_full_pipe_loses_lines_and_counts_them() throws {
        let path = folder.file("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let reader = Glibc.open(path, O_RDONLY | O_NONBLOCK)
        defer { Glibc.close(reader) }
        let log = try #require(try AccessLog(.json, file: path))
        let long = "/" + String(repeating: "a", count: 6000)
        for _ in 0..<40 { log.write(entry(long)) }
        let before = text(reader)
        #expect(before.split(separator: "\n").count < 40)
        log.write(entry("/after"))
        let last = try #require(text(reader).split(separator: "\n").last)
        #expect(last.contains("/after") && last.contains("dropped"))
    }
}
