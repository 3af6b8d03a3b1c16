import Contracts
import DashboardService
import HTTP
import Kernel
import ServiceTestSupport
import Testing

/// The page, and the parts of the read model that only it reads.
@Suite struct DashboardPageTests {
    @Test func a_browser_gets_the_page_and_others_the_index() async throws {
        try await withService(DashboardService.self) { board in
            let browser = try await board.send(.get, "/", "", ["Accept": "text/html,application/xhtml+xml,*/*;q=0.8"])
            #expect(browser.status == 303)
            #expect(browser.headers["Location"] == "/dashboard/")
            #expect(browser.headers["Vary"] == "Accept")
            let other = try await board.send(.get, "/", "", ["Accept": "*/*"])
            #expect(other.status == 200)
            #expect(other.headers["Content-Type"] == "application/hal+json")
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
            for path in ["/orderDashboards?size=5", "/orderDashboards/search/findByStatus?status=PLACED"] {
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

    @Test func a_row_tells_its_items_and_its_events_in_the_order_of_their_times() async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1")
            try await board.loop.sleep(for: .seconds(1))
            try await board.pay("ORD-1")
            let row = try #require(try await board.rows("/orderDashboards").first)
            #expect(row.items?.map(\.qty) == [2])
            #expect(row.items?.first?.name == "<b>hot</b>")
            let types = row.history?.map { $0.type.split(separator: ".")[2] }
            #expect(types == ["OrderPlaced", "PaymentApproved"])
            let times = row.history?.map(\.at) ?? []
            #expect(times == times.sorted() && row.updatedAt == times.last)
        }
    }

    @Test func totals_follow_each_change_of_an_order() async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1")
            try await board.place("ORD-2")
            try await board.place("ORD-3", day: 1)
            var totals = try await board.totals()
            #expect(totals.map(\.id) == ["1970-01-01-KRW", "1970-01-02-KRW"])
            #expect(totals[0].statuses == ["PLACED": 2] && totals[0].paid == 0 && totals[0].revenue == 0)

            try await board.pay("ORD-1")
            try await board.hear(
                OrderPaid(order: board.summary("ORD-1"), paymentId: "PAY-1", paidAt: board.loop.now), about: "ORD-1",
                version: 2)
            try await board.hear(
                DeliveryDelivered(deliveryId: "DEL-1", orderId: "ORD-1", deliveredAt: board.loop.now), about: "ORD-1")
            totals = try await board.totals()
            #expect(totals[0].orders == 2 && totals[0].statuses == ["PAID": 1, "PLACED": 1])
            #expect(totals[0].paid == 1 && totals[0].delivered == 1 && totals[0].revenue == 2000)
            #expect(totals[1].orders == 1 && totals[1].revenue == 0)

            try await board.hear(
                OrderRefunded(order: board.summary("ORD-1"), amount: 500, refundedAmount: 500, isWhole: false),
                about: "ORD-1", version: 3)
            try await board.hear(OrderRejected(orderId: "ORD-2", reason: "no payment"), about: "ORD-2", version: 2)
            totals = try await board.totals()
            #expect(totals[0].orders == 1 && totals[0].statuses == ["PARTIALLY_REFUNDED": 1])
            #expect(totals[0].revenue == 2000 && totals[0].refunded == 500)
        }
    }

    @Test func an_order_is_counted_once_its_day_and_its_currency_are_known() async throws {
        try await withService(DashboardService.self) { board in
            try await board.pay("ORD-1")
            #expect(try await board.totals().isEmpty)
            try await board.place("ORD-1")
            let totals = try await board.totals()
            #expect(totals.map(\.orders) == [1] && totals[0].revenue == 2000)
        }
    }

    @Test func a_rebuild_counts_what_the_events_tell() async throws {
        try await withService(DashboardService.self) { board in
            for number in 1...5 { try await board.place("ORD-\(number)") }
            try await board.pay("ORD-1")
            let (rows, totals) = (try await board.rows("/orderDashboards"), try await board.totals())
            for _ in 1...2 {
                try await board.rebuild()
                #expect(try await board.totals() == totals)
                #expect(try await board.rows("/orderDashboards") == rows)
            }
        }
    }
}
