import Simulation
import Testing

@testable import ShopSimulation

/// Stories that once failed, as shrinking left them, and a few that nobody chose.
@Suite struct StoryTests {
    @Test(arguments: Self.told)
    func a_story_that_once_failed_keeps_the_invariants(_ told: Told) throws {
        for seed in UInt64(1)...3 { try StoryRun(story: told.story, seed: seed).play() }
    }

    @Test(arguments: UInt64(1)...10)
    func a_random_story_keeps_the_invariants(_ seed: UInt64) throws {
        try StoryRun(story: .random(seed), seed: seed).play()
    }

    struct Told: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let story: Story

        init(_ name: String, _ purchase: Story.Plot.Purchase, _ acts: [Story.Act], _ change: (inout Story) -> Void) {
            testDescription = name
            var story = Story()
            story.plots = [.init(purchase: purchase, acts: acts)]
            change(&story)
            self.story = story
        }
    }

    static let told = [
        Told(
            "refunded at the provider while it is cancelled, and told late", .order(5),
            [.init(after: .zero, kind: .cancel), .init(after: .milliseconds(300), kind: .provider(.refund(nil)))]
        ) { $0.faults = ["callbackDelay: 2500ms", "actions: [charge, authorise]"] },
        Told(
            "a refund that is reversed before order looks", .order(1),
            [
                .init(after: .seconds(1), kind: .refund(313)),
                .init(after: .milliseconds(1400), kind: .provider(.failRefund)),
            ]
        ) {
            $0.deaths = [
                .init(service: "order", place: .afterCommit(8), ending: .silence, downtime: .milliseconds(600))
            ]
        },
        Told(
            "a reservation that is cancelled at the provider and expires before that is told", .reservation,
            [.init(after: .milliseconds(100), kind: .provider(.cancel))]
        ) {
            $0.faults = ["callbackDelay: 20s"]
            $0.settings = [.init(section: "payment", line: "authorisationExpiry: 5s")]
        },
        Told(
            "a part that is more than the parts before have left", .order(1),
            [
                .init(after: .seconds(1), kind: .refund(357)), .init(after: .seconds(2), kind: .refund(398)),
                .init(after: .seconds(3), kind: .refund(328)),
            ]
        ) { _ in },
        Told(
            "a reservation that is cancelled at the provider while our own call for that is unanswered", .reservation,
            [
                .init(after: .milliseconds(1142), kind: .void),
                .init(after: .milliseconds(1300), kind: .provider(.cancel)),
            ]
        ) { $0.faults = ["lostReplies: 3 times", "serverErrors: 1 time"] },
        Told(
            "cancelled, and none of its refunds arrives", .cart,
            [.init(after: .seconds(1), kind: .cancel), .init(after: .seconds(1), kind: .ship)]
        ) {
            $0.cast = .shop
            $0.faults = ["refundFailsLater: 1", "lateAfter: 1s"]
        },
        Told(
            "refunded here and at the provider by the same amount, and the answer is lost", .order(2),
            [
                .init(after: .seconds(1), kind: .refund(500)),
                .init(after: .milliseconds(1050), kind: .provider(.refund(500))),
            ]
        ) { $0.faults = ["lostReplies: 3 times"] },
        Told(
            "refunded at the provider, which tells nobody", .order(2),
            [.init(after: .seconds(1), kind: .provider(.refund(500)))]
        ) { $0.faults = ["callbacksOff: true"] },
        Told(
            "refunded at the provider, which tells of another amount", .order(2),
            [.init(after: .seconds(1), kind: .provider(.refund(500)))]
        ) { $0.faults = ["wrongAmounts: 3 times"] },
        Told("an answer that names another order", .order(2), [.init(after: .seconds(1), kind: .refund(500))]) {
            $0.faults = ["wrongOrders: 1"]
        },
        Told(
            "a refund that fails before anybody knows that it was made, by a provider that tells nobody", .order(1),
            [
                .init(after: .zero, kind: .refund(290)), .init(after: .milliseconds(10), kind: .provider(.failRefund)),
                .init(after: .milliseconds(8629), kind: .cancel),
            ]
        ) { $0.faults = ["callbacksOff: true", "unavailable: 1 time"] },
        Told("an answer that names another order, of a charge that is refused later", .order(2), []) {
            $0.faults = ["lateRefusals: 1", "wrongOrders: 1"]
            $0.latency = .milliseconds(500)
        },
        Told(
            "shipped while its refund is asked for", .order(6),
            [
                .init(after: .milliseconds(328), kind: .refund(nil), copies: 2),
                .init(after: .milliseconds(4792), kind: .ship, copies: 2),
            ]
        ) { _ in },
    ]
}
