import Kernel
import PlatformTestSupport
import Storage
import StorageMongoDB
import Testing

/// Servers that are set up so that what they have confirmed may be lost.
@Suite(.serialized) struct DurabilityTests {
    struct Fault: Sendable, CustomStringConvertible {
        let server: String
        let options: String
        /// The server's setting that the message has to name.
        let setting: String

        var description: String { "\(server) \(options)" }

        static let all = [
            Fault(server: "postgres", options: "-c fsync=off", setting: "fsync"),
            Fault(server: "postgres", options: "-c full_page_writes=off", setting: "full_page_writes"),
            Fault(
                server: "mariadb", options: "--innodb-flush-log-at-trx-commit=2",
                setting: "innodb_flush_log_at_trx_commit"),
            Fault(server: "mariadb", options: "--log-bin=binlog --sync-binlog=0", setting: "sync_binlog"),
            Fault(server: "mariadb", options: "--skip-innodb-doublewrite", setting: "innodb_doublewrite"),
        ].filter { ServerUnderTest.kinds.contains($0.server) }
    }

    @Test(arguments: Fault.all) func a_server_that_may_lose_what_it_confirms_is_refused(fault: Fault) async throws {
        let kind = try #require(FarServer.all.first { $0.scheme == fault.server })
        try await ServerUnderTest(fault.server, options: fault.options).run { url in
            try await LoopKind.threads.run { loop in
                let database = try kind.open(url, TemporaryDirectory(), loop)
                await expect(code: .notDurable, naming: fault.setting) { try await database.migrate(Gadget.migrations) }
                await expect(code: .notDurable, naming: "Set ") { try await database.check() }
                await database.close()
            }
        }
    }

    struct Safe: Sendable, CustomStringConvertible {
        let server: String
        let options: String
        var description: String { "\(server) \(options)" }

        static let all = [
            // A session asks for more than the server's default.
            Safe(server: "postgres", options: "-c synchronous_commit=off"),
            Safe(server: "mariadb", options: "--log-bin=binlog --sync-binlog=1 --innodb-flush-log-at-trx-commit=3"),
        ].filter { ServerUnderTest.kinds.contains($0.server) }
    }

    @Test(arguments: Safe.all) func a_session_that_keeps_what_it_confirms_is_not_refused(safe: Safe) async throws {
        let kind = try #require(FarServer.all.first { $0.scheme == safe.server })
        let server = ServerUnderTest(safe.server, options: safe.options)
        try await server.run { url in
            try await LoopKind.threads.run { loop in
                let directory = TemporaryDirectory()
                let database = try kind.open(url, directory, loop)
                try await database.migrate(Gadget.migrations)
                for number in 0..<20 { _ = try await Repository<Gadget>(database).insert(Gadget("g\(number)")) }
                // As a power cut does: what was confirmed an instant ago is still there.
                try server.killNow()
                await database.close()
                try await server.start()
                let again = try kind.open(url, directory, loop)
                try await eventually(on: loop) { (try? await again.check()) != nil }
                #expect(try await Repository<Gadget>(again).count() == 20)
                await again.close()
            }
        }
    }

    @Test(arguments: ["w=1", "w=0", "journal=false", "readConcernLevel=local", "readPreference=nearest"])
    func a_url_of_mongodb_that_asks_for_less_is_refused(parameter: String) throws {
        let error = #expect(throws: DatabaseURLError.self) {
            try MongoDBSettings(url: "mongodb://127.0.0.1:1/shop?replicaSet=rs0&\(parameter)", defaultSchema: "order")
        }
        let name = parameter.split(separator: "=")[0]
        #expect(error?.message.contains("'\(name)=") == true)
        #expect(throws: Never.self) {
            try MongoDBSettings(
                url: "mongodb://127.0.0.1:1/shop?replicaSet=rs0&w=majority&journal=true", defaultSchema: "order")
        }
    }
}
