import Contracts
import DashboardService
import HTTP
import Kernel
import ServiceTestSupport
import Testing

/// The page, and the parts of the read model that only it reads.
@Suite struct DashboardPageTests {
    @Test(arguments: [
        ("text/html,application/xhtml+xml,*/*;q=0.8", true), ("text/html", true), ("Text/HTML;q=0.9, */*;q=0.1", true),
        ("*/*", false), ("application/json", false), ("application/json, text/html;q=0.5", false),
        ("text/html;q=0, */*", false), ("text/html;q=no", false), ("application/xhtml+xml, text/htmlx", false),
    ])
    func a_browser_gets_the_page_and_others_the_index(accept: String, isBrowser: Bool) async throws {
        try await withService(DashboardService.self) { board in
            let answer = try await board.send(.get, "/", "", ["Accept": accept])
            #expect(answer.headers["Vary"] == "Accept")
            if isBrowser {
                #expect(answer.status == 303 && answer.headers["Location"] == "/dashboard/")
            } else {
                #expect(answer.status == 200 && answer.headers["Content-Type"] == "application/hal+json")
            }
        }
    }

    @Test func the_page_has_its_files() async throws {
        try await withService(DashboardService.self) { board in
            let page = try await board.send(.get, "/dashboard/")
            #expect(page.status == 200)
            #expect(page.headers["Content-Type"] == "text/html; charset=utf-8")
            let script = try await board.send(.get, "/dashboard/app.js")
            #expect(script.status == 200 && !script.body.isEmpty)
        }
    }

    @Test func a_list_that_has_not_changed_is_not_sent_again() async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1")
            for path in [
                "/orderDashboards?size=5", "/orderDashboards/search/findByStatus?status=PLACED",
                "/orderDashboards/ORD-1",
            ] {
                let first = try await board.send(.get, path)
                let headers: Headers = ["If-None-Match": try #require(first.headers["ETag"])]
                #expect(try await board.send(.get, path, "", headers).status == 304)
            }
            let first = try await board.send(.get, "/orderDashboards")
            try await board.place("ORD-2")
            let headers: Headers = ["If-None-Match": try #require(first.headers["ETag"])]
            #expect(try await board.send(.get, "/orderDashboards", "", headers).status == 200)
        }
    }

    @Test(arguments: [("ORD-2", ["ORD-2"]), ("ORD-3", []), ("..", []), ("%3Cimg%20src=x%3E", [])])
    func an_order_is_found_by_its_id(id: String, expected: [String]) async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1")
            try await board.place("ORD-2")
            let found = try await board.rows("/orderDashboards/search/findByOrderId?id=\(id)")
            #expect(found.map(\.orderId) == expected)
        }
    }

    @Test func orders_are_found_by_customer() async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1", customer: "CUS-1")
            try await board.place("ORD-2", customer: "CUS-2")
            let found = try await board.rows("/orderDashboards/search/findByCustomerId?customerId=CUS-2")
            #expect(found.map(\.orderId) == ["ORD-2"])
        }
    }

    @Test func orders_of_a_status_come_in_the_order_in_which_they_were_placed() async throws {
        try await withService(DashboardService.self) { board in
            for (number, day) in [(1, 30), (2, 2), (3, 11)] { try await board.place("ORD-\(number)", day: Int64(day)) }
            try await board.pay("ORD-4")
            try await board.hear(
                OrderPaymentFailed(order: board.summary("ORD-5"), reason: "refused"), about: "ORD-5")
            let path = "/orderDashboards/search/findByStatus?status="
            for (query, expected) in [
                ("PLACED&sort=placedAt", "4 2 3 1"), ("PLACED&sort=placedAt,desc", "1 3 2 4"),
                ("PLACED&sort=id,desc", "4 3 2 1"),
                ("PLACED&sort=placedAt&size=2&page=1", "3 1"), ("PAYMENT_FAILED&sort=placedAt", "5"),
                ("PLACE&sort=placedAt", ""),
            ] {
                let found = try await board.rows(path + query).map { $0.orderId.replacing("ORD-", with: "") }
                #expect(found.joined(separator: " ") == expected, "\(query)")
            }
        }
    }

    @Test func a_story_tells_items_and_events_in_the_order_of_their_times_and_a_list_does_not() async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1")
            try await board.loop.sleep(for: .seconds(1))
            try await board.pay("ORD-1")
            let story = try await board.story("ORD-1")
            #expect(story.items.map(\.qty) == [2] && story.items.first?.name == "<b>hot</b>")
            #expect(story.history.map { $0.type.split(separator: ".")[2] } == ["OrderPlaced", "PaymentApproved"])
            #expect(story.history.map(\.at) == story.history.map(\.at).sorted())
            #expect(try await board.rows("/orderDashboards").first?.updatedAt == story.history.last?.at)
            let list = try await board.send(.get, "/orderDashboards").text
            #expect(!list.contains("history") && !list.contains("<b>hot</b>"))
            #expect(try await board.send(.get, "/orderDashboards/ORD-2/story").status == 404)
        }
    }

    @Test func a_story_goes_with_its_order() async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1")
            let known = try #require(try await board.send(.get, "/orderDashboards/ORD-1/story").headers["ETag"])
            #expect(
                try await board.send(.get, "/orderDashboards/ORD-1/story", "", ["If-None-Match": known]).status == 304)
            try await board.hear(OrderRejected(orderId: "ORD-1", reason: "no payment"), about: "ORD-1", version: 2)
            #expect(try await board.send(.get, "/orderDashboards/ORD-1/story").status == 404)
            try await board.loop.sleep(for: .seconds(1))
            try await board.place("ORD-1")
            #expect(
                try await board.send(.get, "/orderDashboards/ORD-1/story", "", ["If-None-Match": known]).status == 200)
        }
    }

    @Test func a_customer_gets_nothing_of_what_is_anothers() async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1")
            try await board.counted()
            let all = try await board.send(.get, "/orderDashboards")
            var headers: Headers = ["If-None-Match": try #require(all.headers["ETag"])]
            Caller(subject: "ann", issuer: "shop").write(to: &headers)
            let own = try await board.send(.get, "/orderDashboards", "", headers)
            #expect(own.status == 200 && !own.text.contains("ORD-1"))
            for (path, expected) in [
                ("/orderDashboards/ORD-1", 404), ("/orderDashboards/ORD-1/story", 404),
                ("/orderDashboards/figures", 403),
                ("/orderDashboards/proof", 403), ("/dashboard/app.js", 200),
            ] {
                #expect(try await board.send(.get, path, "", headers).status == expected, "\(path)")
            }
        }
    }

    @Test(arguments: [
        "/orderDashboards", "/orderDashboards/ORD-1", "/orderDashboards/ORD-1/story", "/orderDashboards/figures",
    ])
    func a_rebuild_is_another_version_of_everything(path: String) async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1")
            try await board.counted()
            let known = try #require(try await board.send(.get, path).headers["ETag"])
            #expect(try await board.send(.get, path, "", ["If-None-Match": known]).status == 304)
            try await board.rebuild()
            try await board.counted()
            #expect(try await board.send(.get, path, "", ["If-None-Match": known]).status == 200)
        }
    }
}
