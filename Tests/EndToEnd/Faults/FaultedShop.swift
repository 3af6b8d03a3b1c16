import Foundation
import Synchronization

/// A shop whose payment service is a process of its own, so that it can be killed alone.
final class FaultedShop: Sendable {
    let shop: ShopUnderTest
    private let processes = Mutex<(shop: RunningShop?, payment: Process?)>((nil, nil))

    init(_ fault: Fault) throws {
        // One call in many fails on purpose: the breaker is not what is looked at here.
        let breaker = "breaker: {minimumCalls: 1000, windowSize: 1000}"
        let settings = [
            "order": ["paymentTimeout: 1s", "settleAfter: 1500ms", "settleInterval: 100ms", breaker],
            "payment": [
                "providerTimeout: \(fault.providerTimeout)", "retryDelay: 100ms", "resolveInterval: 50ms",
                "confirmationTimeout: \(fault == .delayed ? "5s" : "800ms")", breaker,
            ],
            "psp": ["lostReplyDelay: 2s", "retryAfter: 1s", "reorderWindow: 3s"],
        ]
        shop = try ShopUnderTest(settings, transport: "sockets")
    }

    func start() async throws {
        let process = try await shop.up()
        processes.withLock { $0.shop = process }
        try await shop.command("stop", "payment")
        try await startPayment()
    }

    func startPayment() async throws {
        let process = try await shop.serve("payment")
        processes.withLock { $0.payment = process }
    }

    func killPayment() { processes.withLock { $0.payment }?.killNow() }

    func killAll() {
        killPayment()
        processes.withLock { $0.shop }?.killNow()
    }
}
