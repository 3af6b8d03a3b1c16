import FoundationEssentials
import Testing

@testable import HTTP

@Suite struct StaticFilesTests {
    private static let page = Data("<!doctype html>".utf8)

    private static func answer(
        _ path: String, _ headers: Headers = Headers(), method: HTTPMethod = .get, query: String = ""
    ) async throws -> Response {
        let files = StaticFiles(["index.html": page, "app.js": Data("1".utf8), "style.css": Data(), "a.svg": Data()])
        let route: RouteDeclaration<Int> = files.route(at: "/page", summary: "s")
        let router = try Router([route.bound(to: 1)])
        return await router.respond(to: Request(method: method, path: path, rawQuery: query, headers: headers))
    }

    @Test(arguments: [
        ("/page/", "text/html; charset=utf-8"), ("/page/index.html", "text/html; charset=utf-8"),
        ("/page/app.js", "text/javascript; charset=utf-8"), ("/page/style.css", "text/css; charset=utf-8"),
        ("/page/a.svg", "image/svg+xml"), ("/page/%61pp.js", "text/javascript; charset=utf-8"),
    ])
    func a_file_is_served_by_its_name_with_its_kind(path: String, kind: String) async throws {
        let response = try await Self.answer(path)
        #expect(response.status == 200)
        #expect(response.headers["Content-Type"] == kind)
    }

    @Test(arguments: ["/page/other.js", "/page/../app.js", "/page//", "/page/app.js/", "/page/INDEX.html"])
    func another_name_is_404(path: String) async throws {
        #expect(try await Self.answer(path).status == 404)
    }

    @Test func the_folder_without_its_slash_leads_to_the_folder() async throws {
        let response = try await Self.answer("/page")
        #expect(response.status == 308)
        #expect(response.headers["Location"] == "page/")
    }

    @Test(arguments: [("", "page/"), ("view=orders&find=a%2Fb", "page/?view=orders&find=a%2Fb")])
    func what_the_page_is_asked_goes_with_the_reader(query: String, location: String) async throws {
        let response = try await Self.answer("/page", query: query)
        #expect(response.status == 308 && response.headers["Location"] == location)
    }

    @Test func a_browser_is_told_to_load_nothing_from_elsewhere() async throws {
        let headers = try await Self.answer("/page/").headers
        let policy = try #require(headers["Content-Security-Policy"])
        #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'; "))
        #expect(policy.hasSuffix("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe"))
        #expect(headers["X-Content-Type-Options"] == "nosniff")
        #expect(headers["Referrer-Policy"] == "no-referrer")
        #expect(headers["Cache-Control"] == "no-cache")
    }

    @Test func a_file_that_is_known_is_not_sent_again() async throws {
        let tag = try #require(try await Self.answer("/page/").headers["ETag"])
        for known in [tag, "W/" + tag, "\"other\", " + tag, "*"] {
            let again = try await Self.answer("/page/", ["If-None-Match": known])
            #expect(again.status == 304 && again.body.isEmpty)
            #expect(again.headers["ETag"] == tag)
        }
        let other = try await Self.answer("/page/app.js", ["If-None-Match": tag])
        #expect(other.status == 200 && other.headers["ETag"] != tag)
    }

    @Test func a_file_cannot_be_changed() async throws {
        #expect(try await Self.answer("/page/app.js", method: .put).status == 405)
    }
}
