import Foundation
import Kernel
import PlatformTestSupport
import Storage
import Testing

/// Clients that take every connection a server has left.
struct Crowd: Sendable {
    private let databases: [any Database]
    private let kind: FarServer
    private let loop: any Loop
    private let inside = Names()
    private let outside = Names()
    private let over = Names()

    init(_ kind: FarServer, _ url: String, _ directory: TemporaryDirectory, _ loop: any Loop) throws {
        self.kind = kind
        self.loop = loop
        databases = try (0..<16).map { _ in try kind.open(url, directory, loop) }
    }

    /// Runs `body` while the last of them finds no place. They leave when it ends.
    func whileFull(_ body: @Sendable () async throws -> Void) async throws {
        let outcome: Result<Void, any Error> = try await withThrowingTaskGroup(of: Void.self) { group in
            for database in databases { group.addTask { await enter(database) } }
            let outcome: Result<Void, any Error>
            do {
                try await eventually(on: loop) { !outside.all.isEmpty && inside.all.count + outside.all.count == 16 }
                #expect(!inside.all.isEmpty)
                try await body()
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            over.add("now")
            try await group.waitForAll()
            return outcome
        }
        for database in databases { await database.close() }
        try outcome.get()
    }

    /// Who is in once stays there: its connection is kept when its transaction ends.
    private func enter(_ database: any Database) async {
        do {
            _ = try await Repository<Gadget>(database).count()
            inside.add("one")
        } catch {
            outside.add("\(error)")
            // It comes again as soon as there is a place: nobody else shall have it meanwhile.
            while over.all.isEmpty {
                _ = try? await Repository<Gadget>(database).count()
                try? await loop.sleep(for: .milliseconds(200))
            }
        }
    }
}
