import Kernel
import Messaging
import MessagingEmbedded
import PlatformTestSupport

extension LogEngine {
    static let embedded = LogEngine(
        description: "embedded", loops: LoopKind.allCases, canBeCut: false, knowsTimes: true
    ) { directory, loop in
        EmbeddedSite(directory: directory, loop: loop)
    }
}

private struct EmbeddedSite: LogSite {
    let directory: TemporaryDirectory
    let loop: any Loop

    func open() throws -> any EventLog { try EmbeddedEventLog(path: directory.file("events.db"), loop: loop) }
    func close(_ log: any EventLog) async { await (log as? EmbeddedEventLog)?.close() }
    func cut() { preconditionFailure("a file is never away") }
    func mend() { preconditionFailure("a file is never away") }
    func end() async {}
}
