import Contracts
import DashboardService
import HTTP
import Kernel
import ServiceTestSupport
import Storage
import Testing

/// The figures of some days follow the rows of the orders.
@Suite struct DashboardFiguresTests {
    @Test func figures_follow_each_change_of_an_order() async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1")
            try await board.place("ORD-2")
            try await board.pass(days: 1)
            try await board.place("ORD-3", day: 1)
            var figures = try await board.counted()
            #expect(figures.from == "2025-12-27" && figures.to == "2026-01-02")
            #expect(figures.days == [.init(day: "2026-01-01", orders: 2), .init(day: "2026-01-02", orders: 1)])
            #expect(figures.statuses == ["PLACED": 3] && figures.paid == 0 && figures.money == ["KRW 0-0"])

            try await board.pay("ORD-1")
            try await board.hear(
                OrderPaid(order: board.summary("ORD-1"), paymentId: "PAY-1", paidAt: board.loop.now), about: "ORD-1",
                version: 2)
            try await board.hear(
                DeliveryDelivered(deliveryId: "DEL-1", orderId: "ORD-1", deliveredAt: board.loop.now), about: "ORD-1")
            figures = try await board.counted()
            #expect(figures.orders == 3 && figures.statuses == ["PAID": 1, "PLACED": 2])
            #expect(figures.paid == 1 && figures.delivered == 1 && figures.money == ["KRW 2000-0"])
            #expect(figures.lastEventAt == board.loop.now || figures.lastEventAt ?? board.loop.now < board.loop.now)

            try await board.hear(
                OrderRefunded(order: board.summary("ORD-1"), amount: 500, refundedAmount: 500, isWhole: false),
                about: "ORD-1", version: 3)
            try await board.hear(OrderRejected(orderId: "ORD-2", reason: "no payment"), about: "ORD-2", version: 2)
            figures = try await board.counted()
            #expect(figures.orders == 2 && figures.statuses == ["PARTIALLY_REFUNDED": 1, "PLACED": 1])
            #expect(figures.money == ["KRW 2000-500"])
        }
    }

    @Test func captured_is_what_was_captured_and_not_what_was_ordered() async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1")
            try await board.pay("ORD-1", amount: 1200)
            #expect(try await board.rows("/orderDashboards").first?.capturedAmount == 1200)
            #expect(try await board.counted().money == ["KRW 1200-0"])
        }
    }

    @Test func an_event_that_comes_twice_counts_once() async throws {
        try await withService(DashboardService.self) { board in
            for _ in 1...3 {
                try await board.place("ORD-1")
                try await board.pay("ORD-1")
                #expect(try await board.counted().money == ["KRW 2000-0"])
            }
            #expect(try await board.counted().orders == 1)
        }
    }

    @Test func an_order_is_counted_once_its_day_and_its_currency_are_known() async throws {
        try await withService(DashboardService.self) { board in
            try await board.pay("ORD-1")
            #expect(try await board.counted().orders == 0)
            try await board.place("ORD-1")
            let figures = try await board.counted()
            #expect(figures.orders == 1 && figures.money == ["KRW 2000-0"])
        }
    }

    @Test func an_order_that_is_placed_again_is_counted_on_its_new_day() async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1")
            #expect(try await board.counted().days.map(\.day) == ["2026-01-01"])
            try await board.pass(days: 1)
            try await board.hear(OrderRejected(orderId: "ORD-1", reason: "no payment"), about: "ORD-1", version: 2)
            try await board.place("ORD-1", day: 1)
            #expect(try await board.counted().days == [.init(day: "2026-01-02", orders: 1)])
        }
    }

    @Test func all_days_and_currencies_are_added_up() async throws {
        try await withService(DashboardService.self) { board in
            // More rows of totals than are read at once.
            let currencies = ["KRW", "IDR", "USD", "EUR", "JPY", "BHD"].compactMap { Currency(code: $0) }
            #expect(currencies.count == 6)
            try await board.pass(days: 89)
            for day in 0..<90 {
                for currency in currencies {
                    let order = board.summary("ORD-\(day)-\(currency.code)", day: Int64(day), currency: currency)
                    try await board.tell(OrderPlaced(order: order), about: order.orderId)
                }
            }
            let figures = try await board.counted(days: 90)
            #expect(figures.orders == 540 && figures.days.count == 90 && figures.days.allSatisfy { $0.orders == 6 })
            #expect(figures.money == currencies.map(\.code).sorted().map { "\($0) 0-0" })
            #expect(try await board.counted(days: 2).orders == 12)
        }
    }

    @Test func events_do_not_write_the_totals_that_all_orders_share() async throws {
        try await withService(DashboardService.self) { board in
            for number in 1...50 {
                let order = board.summary("ORD-\(number)")
                try await board.tell(OrderPlaced(order: order), about: order.orderId)
                try await board.tell(
                    OrderPaid(order: order, paymentId: "PAY-\(number)", paidAt: board.loop.now), about: order.orderId,
                    version: 2)
            }
            #expect(try await board.counted().statuses == ["PAID": 50])
            let totals = try await Repository<OrderTotals>(try #require(board.database)).all(Query(limit: 10))
            // 100 events, counted in few transactions.
            #expect(totals.count == 1 && (1...5).contains(totals[0].version))
        }
    }

    @Test func figures_that_have_not_changed_are_not_sent_again() async throws {
        try await withService(DashboardService.self) { board in
            try await board.place("ORD-1")
            try await board.counted()
            let path = "/orderDashboards/figures"
            let known: Headers = ["If-None-Match": try #require(try await board.send(.get, path).headers["ETag"])]
            #expect(try await board.send(.get, path, "", known).status == 304)
            #expect(try await board.send(.get, path + "?days=8", "", known).status == 200)
            try await board.pay("ORD-1")
            try await board.counted()
            #expect(try await board.send(.get, path, "", known).status == 200)
        }
    }

    @Test(arguments: ["0", "367", "-1", "x", ""])
    func a_range_that_cannot_be_is_refused(days: String) async throws {
        try await withService(DashboardService.self) { board in
            let answer = try await board.send(.get, "/orderDashboards/figures?days=\(days)")
            #expect(answer.status == 400 && answer.fields == ["days"])
        }
    }

    @Test func a_rebuild_counts_what_the_events_tell() async throws {
        try await withService(DashboardService.self) { board in
            for number in 1...5 { try await board.place("ORD-\(number)") }
            try await board.pay("ORD-1", amount: 1500)
            let (rows, figures) = (try await board.rows("/orderDashboards"), try await board.counted())
            let story = try await board.story("ORD-1")
            for _ in 1...2 {
                try await board.rebuild()
                #expect(try await board.counted() == figures)
                #expect(try await board.rows("/orderDashboards") == rows)
                #expect(try await board.story("ORD-1") == story)
            }
        }
    }
}
