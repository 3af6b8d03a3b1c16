import Testing

@testable import ShopSimulation

/// Spoils a sound world in one place and expects the invariant that is about it to see that: one that could not fail would
/// prove nothing in a hundred thousand stories.
@Suite struct InvariantTests {
    @Test func a_sound_world_breaks_no_invariant() {
        for invariant in Invariant.all { #expect(invariant.breaches(.sound).isEmpty, "\(invariant.name)") }
    }

    @Test func every_invariant_is_spoilt_by_a_test() {
        #expect(Set(Self.spoilings.map(\.invariant)) == Set(Invariant.all.map(\.name)))
    }

    @Test(arguments: Self.spoilings)
    func an_invariant_sees_what_breaks_it(_ spoiling: Spoiling) throws {
        let invariant = try #require(Invariant.all.first { $0.name == spoiling.invariant })
        var world = Aftermath.sound
        spoiling.spoil(&world)
        #expect(!invariant.breaches(world).isEmpty)
    }

    struct Spoiling: Sendable, CustomTestStringConvertible {
        let invariant: String
        let what: String
        let spoil: @Sendable (inout Aftermath) -> Void

        init(_ invariant: String, _ what: String, _ spoil: @escaping @Sendable (inout Aftermath) -> Void) {
            self.invariant = invariant
            self.what = what
            self.spoil = spoil
        }

        var testDescription: String { "\(invariant): \(what)" }
    }

    static let spoilings = [
        Spoiling("at most one capture is kept for an order", "a second capture") {
            $0.lines.append(.init(id: "CH-9", orderId: "ORD-1", action: "charge", status: "captured", amount: 1000))
        },
        Spoiling("at most one capture is kept for an order", "more went back than was taken") {
            $0.lines.append(.init(id: "RF-9", orderId: "ORD-1", action: "refund", status: "refunded", amount: 700))
        },
        Spoiling("at most one capture is kept for an order", "more was taken than it costs") {
            $0.lines[0].amount = 1500
        },
        Spoiling("every booking sums to zero", "a booking of one side") { $0.ledgerGaps = ["ATT-1: 1000"] },
        Spoiling("captures less refunds are the ledger's and the statement's", "a refund not booked") {
            $0.ledger["ORD-1"] = 1000
        },
        Spoiling(
            "captures less refunds are the ledger's and the statement's", "a refund that the payment does not know"
        ) {
            $0.attempts.removeLast()
        },
        Spoiling("captures less refunds are the ledger's and the statement's", "a chargeback not booked") {
            $0.payments[0].disputed = 600
        },
        Spoiling("captures less refunds are the ledger's and the statement's", "a charge of no order") {
            $0.lines.append(.init(id: "CH-9", orderId: "ORD-9", action: "charge", status: "captured", amount: 1))
        },
        Spoiling("no money of a cancelled order is kept", "a charge of a cancelled order") {
            $0.lines.append(.init(id: "CH-9", orderId: "ORD-2", action: "charge", status: "captured", amount: 2000))
        },
        Spoiling("no money of a cancelled order is kept", "a charge of an order that does not stand") {
            $0.lines.append(.init(id: "CH-9", orderId: "ORD-9", action: "charge", status: "captured", amount: 2000))
        },
        Spoiling("pieces neither appear nor disappear", "a piece is gone") { $0.onHand -= 1 },
        Spoiling("pieces neither appear nor disappear", "a reservation without its piece") { $0.reserved = 1 },
        Spoiling("nothing is shipped that was given up or refunded whole", "shipped after its cancellation") {
            $0.events.append(.init(subject: "ORD-2", type: "DeliveryShipped", time: 9))
        },
        Spoiling("nothing is shipped that was given up or refunded whole", "shipped after the whole refund") {
            $0.doings = []
            $0.events.insert(.init(subject: "ORD-1", type: "OrderRefunded", time: 3, isWhole: true), at: 1)
        },
        Spoiling("an order is delivered once", "two deliveries") { $0.deliveries.append(("ORD-1", "STARTED")) },
        Spoiling("every key has one effect", "two refunds by one key") {
            $0.doings[0].memory.acts[0] = [
                .init(status: 201, subject: "ORD-1", effect: "REF-1"),
                .init(status: 201, subject: "ORD-1", effect: "REF-2"),
            ]
        },
        Spoiling("every key has one effect", "two orders by one key") {
            $0.doings[0].memory.doubles = [.init(status: 201, subject: "ORD-2")]
        },
        Spoiling("every key has one effect", "more refunds than keys") {
            $0.sagas.append(("refund", "REF-2", "ORD-1", "COMPLETED", ""))
        },
        Spoiling("every key has one effect", "an order of nobody") {
            $0.orders.append(.init(id: "ORD-9", status: "PAID", amount: 1000, refunded: 0))
        },
        Spoiling("every answer is true", "shipped, it was said") { $0.deliveries[0].status = "STARTED" },
        Spoiling("every answer is true", "ordered, it was said") { $0.orders.removeFirst() },
        Spoiling("refunds are those that were asked for", "less went back than was answered") {
            $0.payments[0].refunded = 300
        },
        Spoiling("nothing is open for ever", "a saga at a step") { $0.sagas[0].status = "PARKED" },
        Spoiling("nothing is open for ever", "an attempt of unknown outcome") { $0.attempts[0].state = "UNKNOWN" },
        Spoiling("nothing is open for ever", "an order without its payment") { $0.orders[0].status = "PLACED" },
        Spoiling("nothing is open for ever", "an event in an outbox") { $0.waiting["order"] = 1 },
        Spoiling("nothing is open for ever", "a cart at the checkout") { $0.carts = ["CHECKING_OUT"] },
        Spoiling("nothing is open for ever", "a buyer without an answer") { $0.doings[0].isBusy = true },
        Spoiling("nothing is open for ever", "a cancellation that nobody was asked about") {
            $0.orders[1].status = "CANCELLING"
        },
        Spoiling("a person is asked only what a story warrants", "a task out of nothing") {
            $0.tasks = [.init(kind: "REFUND_REFUSED", orderId: "ORD-1")]
        },
        Spoiling("a person is asked only what a story warrants", "a difference out of nothing") {
            $0.differences = [.init(kind: "AMOUNT", orderId: "ORD-1", gap: 100)]
        },
        Spoiling("captures less refunds are the ledger's and the statement's", "a wrong word that no difference names")
        {
            $0.story.faults = ["wrongAmounts: 1 time"]
            $0.lines[1].amount = 300
        },
        Spoiling("no event is set aside", "a dead letter") { $0.deadLetters = ["order set aside PaymentApproved"] },
        Spoiling("every client can go on from its answers", "a 400") { $0.doings[0].refusals = ["purchase-1: 400"] },
        Spoiling("all services know the same of an order", "a refund that order has not heard of") {
            $0.orders[0].refunded = 0
        },
        Spoiling("all services know the same of an order", "a cancelled order that is delivered") {
            $0.deliveries.append(("ORD-2", "STARTED"))
        },
        Spoiling("all services know the same of an order", "another state on the dashboard") {
            $0.dashboards["ORD-1"] = "CANCELLED"
        },
        Spoiling("the story ends as it must", "less is kept") {
            $0.doings[0] = .init(
                number: 1, plot: .init(purchase: .order(1), ending: .init(kept: 1000, states: ["SHIPPED"])),
                memory: .init(purchase: .init(status: 201, subject: "ORD-1")))
        },
    ]
}

extension Aftermath {
    /// Of an order that was shipped and of which 400 of 1000 went back, and one that was cancelled in time.
    static var sound: Aftermath {
        var world = Aftermath(story: Story(cast: .shop))
        world.orders = [
            .init(id: "ORD-1", status: "SHIPPED", amount: 1000, refunded: 400),
            .init(id: "ORD-2", status: "CANCELLED", amount: 2000, refunded: 0),
        ]
        world.payments = [
            .init(id: "PAY-1", orderId: "ORD-1", status: "PARTIALLY_REFUNDED", captured: 1000, refunded: 400)
        ]
        world.attempts = [
            .init(orderId: "ORD-1", id: "ATT-1", action: "charge", state: "SUCCEEDED", amount: 1000),
            .init(orderId: "ORD-1", id: "ATT-2", action: "refund", state: "SUCCEEDED", amount: 400),
        ]
        world.lines = [
            .init(id: "CH-1", orderId: "ORD-1", action: "charge", status: "captured", amount: 1000),
            .init(id: "RF-1", orderId: "ORD-1", action: "refund", status: "refunded", amount: 400),
        ]
        world.ledger = ["ORD-1": 600]
        world.deliveries = [("ORD-1", "SHIPPED")]
        world.reservations = [
            "ORD-1": .init(status: "COMMITTED", count: 1), "ORD-2": .init(status: "RELEASED", count: 1),
        ]
        world.onHand = 2
        world.carts = ["ORDERED"]
        world.sagas = [("refund", "REF-1", "ORD-1", "COMPLETED", "")]
        world.events = [
            .init(subject: "ORD-1", type: "OrderPlaced", time: 1),
            .init(subject: "ORD-2", type: "OrderPlaced", time: 2),
            .init(subject: "ORD-2", type: "OrderCancelled", time: 3),
            .init(subject: "ORD-1", type: "DeliveryShipped", time: 4),
            .init(subject: "ORD-1", type: "OrderRefunded", time: 5),
        ]
        world.dashboards = ["ORD-1": "SHIPPED", "ORD-2": "CANCELLED"]
        world.hasDashboard = true
        world.doings = [
            .init(
                number: 1,
                plot: .init(
                    purchase: .order(1),
                    acts: [.init(after: .zero, kind: .refund(400)), .init(after: .zero, kind: .ship)]),
                memory: .init(
                    purchase: .init(status: 201, subject: "ORD-1"),
                    acts: [
                        0: [.init(status: 201, subject: "ORD-1", effect: "REF-1")],
                        1: [.init(status: 200, subject: "ORD-1", effect: "DEL-1")],
                    ])),
            .init(
                number: 2, plot: .init(purchase: .order(2)),
                memory: .init(purchase: .init(status: 202, subject: "ORD-2"))),
        ]
        return world
    }
}
