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
    /// Refusals since somebody last found a place.
    private let refusals = Names()

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
                // One that is refused holds a place until it has heard so: only that nobody gets in any more tells that
                // the server is full.
                try await eventually(on: loop) {
                    let refused = outside.all.count
                    return refused > 0 && inside.all.count + refused == 16 && refusals.all.count > refused
                }
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
                do {
                    _ = try await Repository<Gadget>(database).count()
                    return refusals.clear()
                } catch {
                    refusals.add("one")
                }
                try? await loop.sleep(for: .milliseconds(200))
            }
        }
    }
}
