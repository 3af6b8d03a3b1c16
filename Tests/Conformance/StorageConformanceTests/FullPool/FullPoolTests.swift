import FoundationEssentials
import HTTP
import Kernel
import PlatformTestSupport
import REST
import ServiceHost
import Storage
import Testing

/// More transactions at once than a database has connections, or than one writer can take.
@Suite struct FullPoolTests {
    /// Longer than any of the test's databases waits for a connection, a lock, or another program.
    private static let patience = Duration.seconds(4)

    @Test(arguments: FarServer.all) func who_waits_too_long_is_told_so_and_the_others_get_through(
        kind: FarServer
    ) async throws {
        try await kind.run { stage in
            let (gadgets, ended) = (stage.gadgets, Names())
            let holders = Holders(stage, kind)
            try await withThrowingTaskGroup(of: Void.self) { group in
                holders.begin(in: &group)
                try await eventually(on: stage.loop) { holders.haveAll }
                try await refuse(stage)
                for number in 0..<12 {
                    group.addTask {
                        _ = try await gadgets.insert(Gadget("early-\(number)"))
                        ended.add("one")
                    }
                }
                // They wait, as those before them did.
                try await stage.loop.sleep(for: Self.patience / 8)
                #expect(ended.all.isEmpty)
                holders.end()
                try await group.waitForAll()
            }
            let found = Set(try await gadgets.all(Query(limit: 99)).map(\.id))
            #expect(found == Set(["sum"] + holders.records + (0..<12).map { "early-\($0)" }))
            try await expectWhole(stage, kind)
        }
    }

    /// Eleven callers and one request over HTTP, none of which gets a connection in time.
    private func refuse(_ stage: FarStage) async throws {
        let (gadgets, began, refusals) = (stage.gadgets, stage.loop.uptime, Names())
        let answer = try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<11 {
                group.addTask {
                    do {
                        _ = try await gadgets.insert(Gadget("late-\(number)"))
                    } catch let error as StorageError where error.code == .unavailable {
                        refusals.add(error.message)
                    }
                }
            }
            let answer = try await stage.put("late-11")
            try await group.waitForAll()
            return answer
        }
        #expect(refusals.all.count == 11)
        let reasons = ["all connections are in use", "another program's transaction does not end"]
        for message in refusals.all {
            #expect(message.contains("://127.0.0.1:") && reasons.contains { message.contains($0) }, "\(message)")
        }
        #expect(answer.status == 503)
        #expect(answer.headers["Content-Type"] == "application/problem+json")
        #expect(answer.headers["Retry-After"].flatMap { Int($0) } != nil)
        let waited = stage.loop.uptime - began
        #expect(waited >= Self.patience && waited < Self.patience * 4)
    }

    /// As many as before at once, each of which waits for all the others. They read: fewer may write for a while after
    /// many were in each other's way.
    private func expectWhole(_ stage: FarStage, _ kind: FarServer) async throws {
        let present = Names()
        let count = kind.isPooled ? FarServer.connections : 1
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask {
                    try await stage.database.read { _ in
                        present.add("one")
                        if count > 1 { try await eventually(on: stage.loop) { present.all.count >= count } }
                    }
                }
            }
            try await group.waitForAll()
        }
        let answer = try await stage.put("after")
        #expect(answer.status == 201)
    }

    /// One has the row, as many as there are connections left wait for it in the server, the others for a connection.
    @Test(arguments: FarServer.pooled) func who_waits_for_a_lock_gets_it_once(kind: FarServer) async throws {
        try await kind.run { stage in
            let (gadgets, begun) = (stage.gadgets, Names())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await stage.database.transaction { tx in
                        var sum = try #require(try await gadgets.find("sum", in: tx))
                        sum.size += 1
                        try await gadgets.update(sum, in: tx)
                        begun.add("holder")
                        try await eventually(on: stage.loop) { begun.all.count == 21 }
                    }
                }
                try await eventually(on: stage.loop) { !begun.all.isEmpty }
                for number in 0..<20 {
                    group.addTask {
                        begun.add("one")
                        try await stage.addOnce("one-\(number)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await gadgets.find("sum")?.size == 21)
            #expect(try await gadgets.count() == 21)
            try await expectWhole(stage, kind)
        }
    }

    @Test(arguments: FarServer.all) func a_server_that_takes_no_more_clients_is_told_and_used_by_itself_afterwards(
        kind: FarServer
    ) async throws {
        let server = ServerUnderTest(kind.scheme, isSecure: true, connections: 16)
        try await server.run { url in
            try await LoopKind.threads.run { loop in
                let directory = TemporaryDirectory()
                // With the timeouts of production: handshakes of a crowd take their time.
                let url = url.replacing("replicaSet=rs0", with: "directConnection=true")
                let early = try kind.open(url, directory, loop)
                let late = try kind.open(url, directory, loop)
                let gadgets = Repository<Gadget>(early)
                try await early.migrate(Gadget.migrations)
                try await gadgets.insert(Gadget("first"))
                try await early.check()
                try await Crowd(kind, url, directory, loop).whileFull {
                    for _ in 0..<5 {
                        await expect(code: .unavailable, naming: "localhost") { try await late.check() }
                        await expect(code: .unavailable, naming: "localhost") { try await late.transaction { _ in } }
                    }
                    // Who is in stays in, with fewer connections than it may have.
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<20 { group.addTask { _ = try await gadgets.insert(Gadget("g\(number)")) } }
                        try await group.waitForAll()
                    }
                }
                try await eventually(on: loop) { (try? await late.check()) != nil }
                if kind.scheme == "mongodb" { try await late.migrate(Gadget.migrations) }
                try await Repository<Gadget>(late).insert(Gadget("last"))
                #expect(try await gadgets.count() == 22)
                await late.close()
                await early.close()
            }
        }
    }
}

extension FarStage {
    /// A record by HTTP.
    func put(_ id: String) async throws -> Response {
        let resource = RestResource(
            gadgets, item: "gadget",
            writes: RestWrites(Body.self) { body, id, stored in stored ?? Gadget(id ?? body.name) })
        let body = try JSON.encode(["name": id])
        return try await Router(resource.routes).respond(to: Request(method: .put, path: "/gadgets/\(id)", body: body))
    }

    private struct Body: Decodable, Sendable { let name: String }
}
