import Foundation
import Kernel
import PlatformTestSupport
import Storage
import StorageMariaDB
import StorageMongoDB
import StoragePostgreSQL
import Testing

/// A server behind a way that is cut, slow or silent: callers are told, nothing is lost or done twice, and all is well
/// again by itself.
@Suite struct ServerOutageTests {
    @Test(arguments: FarServer.all) func connections_that_are_cut_under_load_lose_and_double_nothing(
        server: FarServer
    ) async throws {
        try await server.run { stage in
            let total = 120
            let ended = Names()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<6 {
                    group.addTask {
                        for number in 0..<total / 6 { try await stage.addOnce("c\(client)-\(number)") }
                        ended.add("\(client)")
                    }
                }
                group.addTask {
                    while ended.all.count < 6 {
                        try await stage.loop.sleep(for: .milliseconds(150))
                        stage.proxy.cut()
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await stage.gadgets.find("sum")?.size == Int64(total))
            #expect(try await stage.gadgets.count() == total + 1)
        }
    }

    @Test(arguments: FarServer.all) func a_server_that_falls_silent_is_told_in_time_and_found_again(
        server: FarServer
    ) async throws {
        try await server.run { stage in
            stage.proxy.set(.silent)
            let began = stage.loop.uptime
            await expect(code: .unavailable) { try await stage.gadgets.insert(Gadget("unheard")) }
            #expect(stage.loop.uptime - began < .seconds(10))
            stage.proxy.set(.open)
            stage.proxy.cut()
            try await eventually(on: stage.loop) { (try? await stage.database.check()) != nil }
            try await stage.addOnce("after")
            #expect(try await stage.gadgets.find("sum")?.size == 1)
        }
    }

    @Test(arguments: FarServer.all) func while_nobody_can_connect_callers_are_told_at_once(
        server: FarServer
    ) async throws {
        try await server.run { stage in
            stage.proxy.set(.closed)
            stage.proxy.cut()
            for _ in 0..<20 {
                await expect(code: .unavailable) { try await stage.gadgets.insert(Gadget("none")) }
            }
            stage.proxy.set(.open)
            try await eventually(on: stage.loop) { (try? await stage.database.check()) != nil }
            try await stage.addOnce("after")
            #expect(try await stage.gadgets.all(Query(limit: 9)).map(\.id) == ["after", "sum"])
        }
    }

    @Test(arguments: FarServer.all) func a_slow_way_is_slow_and_nothing_else(server: FarServer) async throws {
        try await server.run { stage in
            stage.proxy.set(.slow(.milliseconds(15)))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<4 { group.addTask { try await stage.addOnce("c\(client)") } }
                try await group.waitForAll()
            }
            #expect(try await stage.gadgets.find("sum")?.size == 4)
        }
    }

    /// Those that hold a connection do so until they are told.
    @Test(arguments: FarServer.pooled) func where_all_connections_are_in_use_others_are_told_so(
        server: FarServer
    ) async throws {
        try await server.run { stage in
            let held = Names()
            let over = Names()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<FarServer.connections {
                    group.addTask {
                        try await stage.database.read { _ in
                            held.add("one")
                            try await eventually(on: stage.loop) { !over.all.isEmpty }
                        }
                    }
                }
                try await eventually(on: stage.loop) { held.all.count == FarServer.connections }
                await expect(code: .unavailable, naming: "in use") { try await stage.gadgets.count() }
                over.add("now")
                try await group.waitForAll()
            }
            #expect(try await stage.gadgets.count() == 1)
        }
    }
}

/// A server that the environment names, behind a proxy.
struct FarServer: Sendable, CustomStringConvertible {
    let server: TestServer
    let open: @Sendable (_ url: String, TemporaryDirectory, any Loop) throws -> any Database

    var description: String { server.name }
    static let connections = 3

    static let all = [postgreSQL, mariaDB, mongoDB].filter { $0.server.url != nil }
    /// Those that have a connection for each transaction.
    static let pooled = [postgreSQL, mariaDB].filter { $0.server.url != nil }

    private static let postgreSQL = FarServer(server: .postgreSQL) { url, directory, loop in
        var settings = try PostgreSQLUnderTest.settings(url, for: directory)
        settings.connections = connections
        (settings.connectTimeout, settings.statementTimeout) = (.seconds(2), .seconds(2))
        return try PostgreSQLDatabase(settings, loop: loop)
    }

    private static let mariaDB = FarServer(server: .mariaDB) { url, directory, loop in
        var settings = try MariaDBUnderTest.settings(url, for: directory)
        settings.connections = connections
        (settings.connectTimeout, settings.statementTimeout) = (.seconds(2), .seconds(2))
        return try MariaDBDatabase(settings, loop: loop)
    }

    private static let mongoDB = FarServer(server: .mongoDB) { url, directory, loop in
        // The proxy's address, not the one by which the servers know each other.
        let own = url.replacing(
            "replicaSet=rs0", with: "directConnection=true&connectTimeoutMS=2000&socketTimeoutMS=2000")
        return try MongoDBDatabase(MongoDBUnderTest.settings(own, for: directory), loop: loop)
    }

    func run(_ body: @escaping @Sendable (FarStage) async throws -> Void) async throws {
        let url = try #require(server.url)
        let parts = try #require(URLComponents(string: url))
        let port = try #require(parts.port)
        let proxy = try TCPProxy(to: port)
        defer { proxy.close() }
        let far = url.replacing(":\(port)", with: ":\(proxy.port)")
        try await LoopKind.threads.run { [open] loop in
            let database = try open(far, TemporaryDirectory(), loop)
            try await database.migrate(Gadget.migrations)
            try await Repository<Gadget>(database).insert(Gadget("sum"))
            try await body(FarStage(database: database, proxy: proxy, loop: loop))
            await database.close()
        }
    }
}

struct FarStage: Sendable {
    let database: any Database
    let proxy: TCPProxy
    let loop: any Loop

    var gadgets: Repository<Gadget> { Repository(database) }

    /// Adds one to the sum for that id, and asks again while the database does not answer: as a caller with a key does.
    func addOnce(_ id: String) async throws {
        let gadgets = gadgets
        for _ in 0..<200 {
            do {
                return try await database.transaction { tx in
                    guard try await gadgets.insertIfAbsent(Gadget(id), in: tx) else { return }
                    var sum = try #require(try await gadgets.find("sum", in: tx))
                    sum.size += 1
                    try await gadgets.update(sum, in: tx)
                }
            } catch let error as StorageError where error.code == .unavailable {
                try await loop.sleep(for: .milliseconds(20))
            }
        }
        throw Refused()
    }
}
