import Kernel
import PlatformTestSupport
import Storage
import Testing

/// Servers that want TLS and a password, as those of production do.
@Suite(.secureServers) struct SecureServerTests {
    private static let files = CollectionSchema(name: "files", fields: [])

    private func with(
        _ url: String, on kind: FarServer, _ body: @escaping @Sendable (any Database, any Loop) async throws -> Void
    ) async throws {
        try await LoopKind.threads.run { loop in
            let database = try kind.open(url, TemporaryDirectory(), loop)
            try await body(database, loop)
            await database.close()
        }
    }

    /// Many small answers, and documents that take many records of TLS, in both directions.
    private func work(_ database: any Database) async throws {
        let files = Self.files
        try await database.migrate(Gadget.migrations + [Migration(2, "files", [.create(files)])])
        let gadgets = Repository<Gadget>(database)
        let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<40 { group.addTask { _ = try await gadgets.insert(Gadget("g\(index)")) } }
            group.addTask {
                try await database.transaction { tx in
                    try await tx.insert(Record(id: "f", version: 1, document: content, fields: []), into: files)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await gadgets.count() == 40)
        let found = try await database.read { try await $0.find(files, id: "f")?.document }
        #expect(found == content)
    }

    @Test(arguments: FarServer.all) func one_that_proves_its_name_is_used_encrypted(kind: FarServer) async throws {
        try await with(SecureServer.running(kind).url, on: kind) { database, loop in
            try await work(database)
            try await requireEncryption(of: database)
            // Whatever the server sends in between is not taken for its end.
            try await loop.sleep(for: .milliseconds(100))
            try await database.check()
            let count = try await Repository<Gadget>(database).count()
            #expect(count == 40)
        }
    }

    @Test(arguments: FarServer.all) func a_client_can_prove_its_name_by_a_certificate(kind: FarServer) async throws {
        let server = try SecureServer.running(kind)
        try await with(server.urlWithCertificate, on: kind) { database, _ in
            try await work(database)
            try await requireEncryption(of: database)
        }
        try await with(server.urlWithoutCertificate, on: kind) { database, _ in
            await expect(code: .unavailable, naming: "localhost") { try await database.migrate(Gadget.migrations) }
        }
    }

    @Test(arguments: FarServer.all) func a_certificate_of_another_authority_is_refused(kind: FarServer) async throws {
        try await with(SecureServer.running(kind).urlOfStrangers, on: kind) { database, _ in
            await expect(code: .unavailable, naming: "ertificate") { try await database.check() }
        }
    }

    @Test(arguments: FarServer.all) func a_certificate_of_another_name_is_refused(kind: FarServer) async throws {
        let server = try SecureServer.running(kind)
        try await with(server.urlByAddress, on: kind) { database, _ in
            await expect(code: .unavailable, naming: "ertificate") { try await database.check() }
        }
        // It was the name: who does not ask for it gets on.
        try await with(server.urlUnverified, on: kind) { database, _ in
            try await database.check()
            try await requireEncryption(of: database)
        }
    }

    @Test(arguments: FarServer.all) func without_TLS_the_server_refuses(kind: FarServer) async throws {
        try await with(SecureServer.running(kind).urlWithoutTLS, on: kind) { database, _ in
            await expect(code: .unavailable, naming: "localhost") { try await database.check() }
        }
    }

    @Test(arguments: FarServer.all) func nothing_is_sent_unencrypted_where_the_server_has_no_TLS(
        kind: FarServer
    ) async throws {
        let plain = try #require(kind.server.url)
        try await with(plain, on: kind) { database, _ in
            try await database.check()
            // The proof can fail.
            if !database.isMongo {
                await #expect(throws: StorageError.self) { try await requireEncryption(of: database) }
            }
        }
        let authority = try SecureServer.running(kind).server.certificate("authority.pem")
        for parameters in [kind.tls.verified(authority), kind.tls.encrypted] {
            let parameters = parameters.replacing("replicaSet=rs0&", with: "")
            try await with("\(plain)\(plain.contains("?") ? "&" : "?")\(parameters)", on: kind) { database, _ in
                await expect(code: .unavailable) { try await database.check() }
                await expect(code: .unavailable) { try await database.transaction { _ in } }
            }
        }
    }

    @Test(arguments: FarServer.all) func a_wrong_password_is_told_with_the_database_and_without_the_password(
        kind: FarServer
    ) async throws {
        let server = try SecureServer.running(kind)
        let right = try server.passwords
        let wrong = ["an%40ther%2Fsecret", "an@ther/secret"]
        try await with(server.url.replacing(right[0], with: wrong[0]), on: kind) { database, _ in
            for _ in 0..<3 {
                let error = await #expect(throws: StorageError.self) { try await database.check() }
                #expect(error?.code == .unavailable)
                let message = error?.message ?? ""
                #expect(message.contains("\(kind.scheme)://localhost:") && message.contains("/sambal"))
                let reasons = ["password authentication failed", "Access denied", "Authentication failed"]
                #expect(reasons.contains { message.contains($0) }, "\(message)")
                for password in right + wrong { #expect(!"\(String(describing: error))".contains(password)) }
            }
        }
    }
}

extension Database {
    fileprivate var isMongo: Bool { "\(type(of: self))" == "MongoDBDatabase" }
}
