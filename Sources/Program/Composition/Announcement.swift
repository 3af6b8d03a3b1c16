import Configuration
import Glibc
import Kernel
import ServiceHost
import Telemetry

/// Tells how a process of services goes: to a person in sentences; where logs are JSON, as records among the others, so
/// that every line of its output is one.
enum Announcement {
    static func ready(_ shop: Shop, _ welcome: String) {
        guard shop.settings.logFormat == .json else { return Console.announce(welcome) }
        for service in shop.host.services {
            shop.log.named(service.name).info(
                "the service is ready",
                metadata: ["address": .string(service.address ?? "-"), "version": .string(Version.current)])
        }
    }

    static func stopping(_ shop: Shop) {
        guard shop.settings.logFormat == .json else { return Console.error("sambal: stopping …") }
        shop.log.info("stopping")
    }

    /// Says why the process ends at once.
    static func dying(_ reason: String, in format: LogFormat) {
        guard format == .json else { return Console.error("sambal: \(reason)") }
        write(reason)
    }

    /// Runs the start of services. If that fails and the format is JSON, each line of the reason is a record.
    static func failing<Result>(in format: LogFormat, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            let (message, code) = Sambal.verdict(on: error)
            guard format == .json, let message else { throw error }
            for line in message.split(separator: "\n") { write(String(line)) }
            throw ExitCode(code: code)
        }
    }

    private static func write(_ message: String) {
        StandardErrorSink(format: .json).write(
            LogRecord(time: .ofSystem, level: .error, service: "sambal", message: message))
    }
}

extension LogFormat {
    /// The one that the environment names, for what is said before the settings are known; else text.
    static var given: LogFormat {
        ConfigurationSource.processEnvironment[ConfigurationPlace.logFormat].flatMap(LogFormat.init) ?? .text
    }
}

extension Timestamp {
    /// The system's clock, for what is said while no loop runs.
    static var ofSystem: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
