import FoundationEssentials
import HTTP
import Kernel
import PlatformTestSupport
import REST
import Storage
import StorageSQLite
import Testing

/// Resources show and change what is a caller's, whatever way they are asked.
@Suite struct VisibilityTests {
    struct Note: Entity, Hashable {
        let id: String
        var version: Int64 = 0
        var text: String
        var owner: Principal?
        var branchId: Int64?

        static let collection = Collection<Note>(
            "notes", fields: [.text("text") { $0.text }, .owner { $0.owner }, .branch { $0.branchId }])
    }

    private static let anna = Caller(subject: "anna", issuer: "shop")
    private static let eve = Caller(subject: "eve", issuer: "shop", roles: ["customer", "provider"])
    private static let service = Caller(subject: "till", issuer: "shop", roles: ["service"])

    @Test func what_a_caller_makes_is_theirs_whatever_the_body_says() async throws {
        try await with(.owned(by: \Note.owner)) { notes, router in
            let body = #"{"text":"a","owner":{"issuer":"shop","subject":"eve"}}"#
            let made = try await Self.note(router, Self.anna, .post, "/notes", body)
            #expect(made.owner == Self.anna.principal)
            // Operators and nobody in particular own nothing, and take nothing away.
            #expect(try await Self.note(router, Self.service, .post, "/notes", body).owner == nil)
            for caller in [nil, Self.service, Self.anna] {
                for method in [HTTPMethod.put, .patch] {
                    let changed = try await Self.note(
                        router, caller, method, "/notes/\(made.id)", #"{"text":"b","owner":null}"#)
                    #expect(changed.owner == Self.anna.principal && changed.id == made.id)
                }
            }
            let kept = try await notes.find(made.id)
            #expect(kept?.owner == Self.anna.principal)
        }
    }

    @Test func another_s_item_cannot_be_told_from_none() async throws {
        try await with(.owned(by: \Note.owner)) { notes, router in
            try await notes.insert(Note(id: "N-1", text: "a", owner: Self.anna.principal))
            try await notes.insert(Note(id: "N-2", text: "nobody's"))
            let fields: [Headers] = [[:], ["If-Match": "\"9\""], ["If-Match": "*"], ["If-None-Match": "*"]]
            for id in ["N-1", "N-2"] {
                for method in [HTTPMethod.get, .head, .put, .patch, .delete] {
                    for headers in fields {
                        let body = method == .get || method == .delete ? "" : #"{"text":"b"}"#
                        let theirs = await Self.send(router, Self.eve, method, "/notes/\(id)", body, headers)
                        let none = await Self.send(router, Self.eve, method, "/notes/N-0", body, headers)
                        #expect(theirs.status == 404 && none.status == 404, "\(method) \(headers)")
                        #expect(theirs.text.replacing(id, with: "N-0") == none.text)
                        #expect(theirs.headers.fields.map(\.name) == none.headers.fields.map(\.name))
                    }
                }
            }
            #expect(try await notes.count() == 2)
            let kept = try await notes.find("N-1")
            #expect(kept?.text == "a")
        }
    }

    @Test func without_a_declaration_callers_see_nothing() async throws {
        try await with(.undeclared) { notes, router in
            try await notes.insert(Note(id: "N-1", text: "a", owner: Self.anna.principal))
            for path in ["/notes", "/notes/N-1", "/notes/search", "/notes/search/findByText?text=a"] {
                #expect(await Self.send(router, Self.anna, .get, path).status == 403, "\(path)")
                #expect(await Self.send(router, nil, .get, path).status == 200, "\(path)")
                #expect(await Self.send(router, Self.service, .get, path).status == 200, "\(path)")
            }
        }
    }

    @Test func what_everybody_reads_operators_write() async throws {
        try await with(.everyone) { notes, router in
            try await notes.insert(Note(id: "N-1", text: "a"))
            for path in ["/notes", "/notes/N-1"] {
                #expect(await Self.send(router, Self.anna, .get, path).status == 200)
            }
            for method in [HTTPMethod.put, .patch, .delete] {
                #expect(await Self.send(router, Self.anna, method, "/notes/N-1", #"{"text":"b"}"#).status == 403)
            }
            #expect(await Self.send(router, Self.service, .put, "/notes/N-1", #"{"text":"b"}"#).status == 200)
        }
    }

    @Test func what_is_of_a_branch_is_for_its_sellers() async throws {
        try await with(.ofBranch({ $0.branchId }, field: "branch")) { notes, router in
            for branch in 1...4 as ClosedRange<Int64> {
                try await notes.insert(Note(id: "N-\(branch)", text: "a", branchId: branch))
            }
            let seller = Caller(subject: "s", issuer: "shop", roles: ["seller", "branch:2", "branch:4", "branch:9"])
            let page = await Self.send(router, seller, .get, "/notes?size=1").text
            #expect(page.contains(#""totalElements":2"#) && page.contains("N-2"))
            for (caller, statuses) in [(seller, [404, 200, 404, 200]), (Self.anna, [404, 404, 404, 404])] {
                for (branch, status) in zip(1..., statuses) {
                    #expect(await Self.send(router, caller, .get, "/notes/N-\(branch)").status == status)
                }
            }
            #expect(await Self.send(router, Self.anna, .get, "/notes").text.contains(#""totalElements":0"#))
        }
    }

    private func with(
        _ visibility: Visibility<Note>, _ body: @escaping @Sendable (Repository<Note>, Router) async throws -> Void
    ) async throws {
        try await LoopKind.simulated.run { loop in
            let folder = TemporaryDirectory()
            let database = try SQLiteDatabase(path: folder.file("notes.db"), loop: loop)
            try await database.migrate([Migration(1, "notes", [.create(Note.collection.schema)])])
            let notes = Repository<Note>(database)
            let identifiers = IdentifierGenerator(loop: loop)
            let resource = RestResource(
                notes, item: "note", searches: [.init("findByText", by: "text")], visibility: visibility,
                writes: .entity { identifiers.next("N-") })
            try await body(notes, try Router(resource.routes))
            await database.close()
        }
    }

    private static func send(
        _ router: Router, _ caller: Caller?, _ method: HTTPMethod, _ path: String, _ body: String = "",
        _ headers: Headers = [:]
    ) async -> Response {
        let parts = path.split(separator: "?")
        var request = Request(
            method: method, path: String(parts[0]), rawQuery: parts.count > 1 ? String(parts[1]) : "",
            headers: headers, body: Data(body.utf8))
        request.caller = caller
        return await router.respond(to: request)
    }

    private static func note(
        _ router: Router, _ caller: Caller?, _ method: HTTPMethod, _ path: String, _ body: String
    ) async throws -> Note {
        let answer = await send(router, caller, method, path, body)
        #expect(answer.isSuccess, "\(answer.text)")
        return try JSON.decode(Note.self, from: answer.body)
    }
}
