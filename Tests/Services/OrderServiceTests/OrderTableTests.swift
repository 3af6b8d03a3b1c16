import Contracts
import FoundationEssentials
import Kernel
import Testing

@testable import OrderService

/// The rules of an order as a table over its two states, written here a second time: every pair with every command and
/// every event.
@Suite struct OrderTableTests {
    /// A row a payment status; a column a fulfilment status, in the order of `allCases`: NONE, STARTED, SHIPPED, DELIVERED,
    /// CANCELLED, RETURNED.
    private static let commands: [OrderCommand: String] = [
        .pay: """
        REQUIRES_PAYMENT   + + + + + +
        PENDING            - - - - - -
        AUTHORISED         - - - - - -
        PAID               - - - - - -
        PARTIALLY_REFUNDED - - - - - -
        REFUNDED           - - - - - -
        FAILED             - - - - - -
        CANCELLED          - - - - - -
        DISPUTED           - - - - - -
        """,
        .cancel: """
        REQUIRES_PAYMENT   + + - - + -
        PENDING            + + - - + -
        AUTHORISED         + + - - + -
        PAID               + + - - + -
        PARTIALLY_REFUNDED + + - - + -
        REFUNDED           - - - - - -
        FAILED             - - - - - -
        CANCELLED          - - - - - -
        DISPUTED           - - - - - -
        """,
        .withdraw: """
        REQUIRES_PAYMENT   + + - - + -
        PENDING            + + - - + -
        AUTHORISED         + + - - + -
        PAID               + + - - + -
        PARTIALLY_REFUNDED + + - - + -
        REFUNDED           - - - - - -
        FAILED             - - - - - -
        CANCELLED          - - - - - -
        DISPUTED           - - - - - -
        """,
        .refundWhole: refunds, .refundPart: refunds,
        .refundAndReturn: """
        REQUIRES_PAYMENT   - - - - - -
        PENDING            - - - - - -
        AUTHORISED         - - - - - -
        PAID               - - + + - +
        PARTIALLY_REFUNDED - - + + - +
        REFUNDED           - - - - - -
        FAILED             - - - - - -
        CANCELLED          - - - - - -
        DISPUTED           - - - - - -
        """,
    ]
    private static let refunds = """
        REQUIRES_PAYMENT   - - - - - -
        PENDING            - - - - - -
        AUTHORISED         - - - - - -
        PAID               + + + + + +
        PARTIALLY_REFUNDED + + + + + +
        REFUNDED           - - - - - -
        FAILED             - - - - - -
        CANCELLED          - - - - - -
        DISPUTED           - - - - - -
        """

    /// In one word for people: the same rows and columns.
    private static let statuses = """
        REQUIRES_PAYMENT   PAYMENT_PENDING PAYMENT_PENDING PAYMENT_PENDING PAYMENT_PENDING PAYMENT_PENDING PAYMENT_PENDING
        PENDING            PLACED PLACED PLACED PLACED PLACED PLACED
        AUTHORISED         PLACED PLACED PLACED PLACED PLACED PLACED
        PAID               PAID PAID SHIPPED DELIVERED PAID PAID
        PARTIALLY_REFUNDED PARTIALLY_REFUNDED PARTIALLY_REFUNDED SHIPPED DELIVERED PARTIALLY_REFUNDED PARTIALLY_REFUNDED
        REFUNDED           REFUNDED REFUNDED REFUNDED REFUNDED REFUNDED REFUNDED
        FAILED             PAYMENT_FAILED PAYMENT_FAILED PAYMENT_FAILED PAYMENT_FAILED PAYMENT_FAILED PAYMENT_FAILED
        CANCELLED          CANCELLED CANCELLED CANCELLED CANCELLED CANCELLED CANCELLED
        DISPUTED           DISPUTED DISPUTED DISPUTED DISPUTED DISPUTED DISPUTED
        """

    /// What becomes of each payment status, in the order of `allCases`; `.` where nothing does.
    private static let payments: [(OrderPaymentEvent, String)] = [
        (.started, "PENDING . . . . . . . ."),
        (.authorised, "AUTHORISED AUTHORISED . . . . AUTHORISED . ."),
        (.captured, "PAID PAID PAID . . . PAID PAID ."),
        (.failed, "FAILED FAILED FAILED . . . . . ."),
        (.cancelled, "CANCELLED CANCELLED CANCELLED . . . . . ."),
        (.refunded(.part), ". . . PARTIALLY_REFUNDED . . . . ."),
        (.refunded(.whole), ". . . REFUNDED REFUNDED . . . REFUNDED"),
        (.refundFailed(.none), ". . . . PAID PAID . . ."),
        (.refundFailed(.part), ". . . . . PARTIALLY_REFUNDED . . ."),
        (.disputed, ". . . DISPUTED DISPUTED DISPUTED . . ."),
        (.disputeWon(.none), ". . . . . . . . PAID"),
        (.disputeWon(.part), ". . . . . . . . PARTIALLY_REFUNDED"),
        (.disputeWon(.whole), ". . . . . . . . REFUNDED"),
    ]
    private static let fulfilments: [(FulfilmentEvent, String)] = [
        (.started, "STARTED . . . . ."),
        (.shipped, "SHIPPED SHIPPED . . . ."),
        (.delivered, "DELIVERED DELIVERED DELIVERED . . ."),
        (.cancelled, "CANCELLED CANCELLED . . . ."),
        (.returned, ". . RETURNED RETURNED . ."),
    ]

    @Test(arguments: OrderCommand.allCases) func every_pair_takes_each_command_as_the_table_says(
        _ command: OrderCommand
    ) throws {
        let table = Self.cells(try #require(Self.commands[command]))
        try forEachPair { order, payment, fulfilment in
            let isAllowed = table[payment]?[fulfilment] == "+"
            let refusal = order.refusal(of: command)
            #expect((refusal == nil) == isAllowed, "\(payment) \(fulfilment): \(refusal ?? "possible")")
        }
    }

    @Test(arguments: OrderCommand.allCases) func no_refusal_contradicts_itself(_ command: OrderCommand) throws {
        try forEachPair { order, payment, fulfilment in
            guard let refusal = order.refusal(of: command) else { return }
            for reason in refusal.components(separatedBy: "its ").dropFirst() {
                let said = reason.components(separatedBy: ", not ")
                guard said.count == 2, let state = said[0].split(separator: " ").last else { continue }
                let names = said[1].split { !$0.isLetter && $0 != "_" }
                #expect(state == payment || state == fulfilment, "\(refusal)")
                #expect(!names.contains(state), "\(refusal)")
            }
            let isCancellable = order.refusal(of: .cancel) == nil
            #expect(refusal.contains("/cancel") == (isCancellable && command == .refundAndReturn), "\(refusal)")
        }
    }

    @Test func an_order_that_is_being_cancelled_takes_no_command() throws {
        try forEachPair { order, payment, fulfilment in
            var order = order
            guard order.cancellationBegan() else { return }
            for command in OrderCommand.allCases {
                #expect(order.refusal(of: command)?.contains("being cancelled") == true)
            }
            #expect(order.status == .cancelling)
            #expect(order.paymentStatus.rawValue == payment && order.fulfilmentStatus.rawValue == fulfilment)
        }
    }

    @Test func the_status_for_people_is_derived_from_both() throws {
        let table = Self.cells(Self.statuses)
        try forEachPair { order, payment, fulfilment in
            #expect(order.status.rawValue == table[payment]?[fulfilment], "\(payment) \(fulfilment)")
        }
    }

    @Test func money_moves_as_the_table_says_wherever_the_goods_are() {
        for (event, row) in Self.payments {
            for (status, next) in zip(OrderPaymentStatus.allCases, row.split(separator: " ")) {
                #expect(status.after(event)?.rawValue ?? "." == next, "\(event) in \(status)")
            }
        }
    }

    @Test func goods_move_as_the_table_says_however_far_the_money_is() {
        #expect(Self.fulfilments.map(\.0) == FulfilmentEvent.allCases)
        for (event, row) in Self.fulfilments {
            for (status, next) in zip(FulfilmentStatus.allCases, row.split(separator: " ")) {
                #expect(status.after(event)?.rawValue ?? "." == next, "\(event) in \(status)")
            }
        }
    }

    @Test func events_of_one_state_leave_the_other_alone() throws {
        let time = Timestamp(milliseconds: 1_767_225_600_000)
        try forEachPair { order, payment, fulfilment in
            var (paid, shipped) = (order, order)
            _ = paid.paymentApproved(paymentId: "PAY-1", paymentVersion: 1, at: time)
            _ = paid.paymentRefunded(paymentVersion: 2, refundedAmount: 1, isWhole: false)
            #expect(paid.fulfilmentStatus.rawValue == fulfilment)
            _ = shipped.deliveryStarted(deliveryVersion: 1)
            _ = shipped.shipped(deliveryVersion: 2, at: time)
            _ = shipped.returned(at: time)
            #expect(shipped.paymentStatus.rawValue == payment)
        }
    }

    private func forEachPair(_ body: (Order, _ payment: String, _ fulfilment: String) throws -> Void) throws {
        for payment in OrderPaymentStatus.allCases {
            for fulfilment in FulfilmentStatus.allCases {
                var order = try Order.place(
                    PlaceOrder(branchId: 1, sauceId: 1, qty: 10, price: 1000), id: "ORD-1",
                    defaultCurrency: .southKoreanWon, at: Timestamp(milliseconds: 1_767_225_600_000))
                order.paymentStatus = payment
                order.fulfilmentStatus = fulfilment
                try body(order, payment.rawValue, fulfilment.rawValue)
            }
        }
    }

    /// By payment, then by fulfilment.
    private static func cells(_ table: String) -> [String: [String: String]] {
        var cells: [String: [String: String]] = [:]
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            precondition(words.count == 1 + FulfilmentStatus.allCases.count, "\(line)")
            cells[words[0]] = Dictionary(
                uniqueKeysWithValues: zip(FulfilmentStatus.allCases.map(\.rawValue), words.dropFirst()))
        }
        precondition(cells.count == OrderPaymentStatus.allCases.count)
        return cells
    }
}
