import Foundation
import Kernel
import PlatformTestSupport
import Synchronization
import TLS
import Telemetry
import Testing

@testable import GatewayService

/// How the files of a certificate are followed while the gateway runs.
@Suite struct CertificateKeeperTests {
    private struct Watched: Sendable {
        let keeper: CertificateKeeper
        let files: TLSSettings
        let loop: any Loop
        let sink: RecordingSink

        init(
            _ files: TLSSettings, on loop: any Loop, afterReading: @Sendable () throws -> Void = {}
        ) throws {
            let sink = RecordingSink()
            self.sink = sink
            self.files = files
            self.loop = loop
            keeper = try CertificateKeeper(
                files, loop: loop, log: Logger(label: "test", logLevel: .info, sink: sink, now: { loop.now }),
                metrics: MetricsRegistry()
            ) {
                let credentials = try TLSCredentials(files)
                try afterReading()
                return credentials
            }
        }

        /// Runs the keeper for so long, and says whose certificate is in force then.
        func subject(after time: Duration) async throws -> String {
            let task = loop.start { [keeper] in try? await keeper.run() }
            try await loop.sleep(for: time)
            task.cancel()
            await task.value
            return String(keeper.credentials.subject.dropFirst("/CN=".count))
        }

        var refusals: Int { sink.records.count { $0.message.contains("is refused") } }
    }

    private let folder = TemporaryDirectory()

    private func write(_ pair: TestCertificate) throws -> TLSSettings {
        let paths = try pair.write(into: folder)
        return TLSSettings(certificate: paths.certificate, key: paths.key)
    }

    /// Runs `body` with the files of `first`, in virtual time.
    private func watching(_ body: @escaping @Sendable (Watched) async throws -> Void) async throws {
        let files = try write(.first)
        try await LoopKind.simulated.run { loop in try await body(try Watched(files, on: loop)) }
    }

    @Test func a_key_whose_mode_is_mended_is_taken_over() async throws {
        try await watching { watched in
            let files = try write(.second)
            chmod(files.key, 0o644)
            #expect(try await watched.subject(after: .seconds(5)) == "first.example")
            #expect(watched.refusals == 1)
            chmod(files.key, 0o600)
            #expect(try await watched.subject(after: .seconds(5)) == "second.example")
        }
    }

    /// Whether a certificate is valid depends on the time alone: nothing about the files changes.
    @Test func a_refused_pair_is_tried_again_each_minute_and_told_once() async throws {
        try await watching { watched in
            _ = try write(.soon)
            #expect(try await watched.subject(after: .seconds(100)) == "first.example")
            #expect(watched.refusals == 1)
            #expect(try await watched.subject(after: .seconds(100)) == "soon.example")
        }
    }

    @Test func a_file_that_is_missing_is_told_once() async throws {
        try await watching { watched in
            try FileManager.default.removeItem(atPath: watched.files.key)
            #expect(try await watched.subject(after: .seconds(600)) == "first.example")
            #expect(watched.refusals == 1)
            _ = try write(.second)
            #expect(try await watched.subject(after: .seconds(5)) == "second.example")
        }
    }

    @Test func files_that_change_while_they_are_read_are_read_again() async throws {
        let files = try write(.first)
        try await LoopKind.simulated.run { loop in
            let atStart = try Watched(files, on: loop) { _ = try write(.second) }
            #expect(try await atStart.subject(after: .seconds(5)) == "second.example")
            // And by a reload of the configuration.
            let now = loop.now
            try await atStart.keeper.takeOver(files) { credentials in
                try credentials.replace(files, at: now)
                _ = try write(.first)
            }
            #expect(try await atStart.subject(after: .seconds(5)) == "first.example")
        }
    }

    @Test func files_are_not_read_on_the_thread_of_the_loop() async throws {
        let files = try write(.first)
        try await LoopKind.threads.run { loop in
            let watched = try Watched(files, on: loop)
            let thread = pthread_self()
            let reader = Mutex(thread)
            try await watched.keeper.takeOver(files) { _ in reader.withLock { $0 = pthread_self() } }
            #expect(reader.withLock { $0 } != thread)
            #expect(pthread_self() == thread)
        }
    }
}
