import Kernel
import Testing

@testable import DeliveryService

@Suite struct DeliveryStepTests {
    static let time = Timestamp(milliseconds: 1_767_225_600_000)
    static let steps: [DeliveryStep] = [.ship(trackingCode: "JNE-1"), .deliver, .cancel(reason: "changed my mind")]

    enum Result: Sendable, Hashable {
        case changes(DeliveryStatus)
        /// It was made before.
        case stays
        case illegal(allowed: [String])
    }

    /// The table: what each step does in each status.
    static let table: [(DeliveryStatus, [Result])] = [
        (.started, [.changes(.shipped), .illegal(allowed: ["ship", "cancel"]), .changes(.cancelled)]),
        (.shipped, [.stays, .changes(.delivered), .illegal(allowed: ["deliver"])]),
        (.delivered, [.illegal(allowed: []), .stays, .illegal(allowed: [])]),
        (.cancelled, [.illegal(allowed: []), .illegal(allowed: []), .stays]),
    ]

    @Test(arguments: table)
    func each_step_in_each_status(_ status: DeliveryStatus, _ results: [Result]) {
        for (step, expected) in zip(Self.steps, results) {
            var delivery = Self.delivery(status)
            let before = delivery
            let result: Result
            do throws(IllegalDeliveryStep) {
                result = try delivery.take(step, at: Self.time) ? .changes(delivery.status) : .stays
            } catch {
                result = .illegal(allowed: error.allowed)
            }
            #expect(result == expected, "\(step.name) while \(status)")
            if case .changes = expected { continue }
            #expect(delivery == before)
        }
    }

    @Test func the_table_is_whole() {
        #expect(Self.table.map(\.0) == DeliveryStatus.allCases)
    }

    @Test func another_tracking_code_is_not_a_repetition() {
        var delivery = Self.delivery(.shipped)
        #expect(throws: IllegalDeliveryStep.self) { try delivery.take(.ship(trackingCode: "other"), at: Self.time) }
    }

    private static func delivery(_ status: DeliveryStatus) -> Delivery {
        var delivery = Delivery.start(id: "DEL-1", orderId: "ORD-1", paymentId: "PAY-1", at: time)
        delivery.status = status
        if status == .shipped { delivery.trackingCode = "JNE-1" }
        return delivery
    }
}
