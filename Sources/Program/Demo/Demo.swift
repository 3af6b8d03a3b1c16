import FoundationEssentials
import HTTP
import HTTPClient
import Kernel
import Runtime
import Synchronization

/// Places orders as buyers would, and follows each until it is paid, delivered and notified.
struct Demo: Sendable {
    let plan: DemoPlan
    let loop: EventLoop
    let client: HTTPClient

    func run() async -> DemoReport {
        let (next, bar) = (Counter(), Progress(total: plan.orders))
        let began = loop.uptime
        let outcomes = await withTaskGroup(of: [DemoOutcome].self) { group in
            for _ in 0..<min(plan.concurrency, plan.orders) {
                group.addTask {
                    var outcomes: [DemoOutcome] = []
                    while next.take() < plan.orders {
                        outcomes.append(await follow())
                        bar.advance()
                    }
                    return outcomes
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        return DemoReport(plan: plan, outcomes: outcomes, elapsed: loop.uptime - began)
    }

    private func follow() async -> DemoOutcome {
        var outcome = DemoOutcome()
        let began = loop.uptime
        do {
            let orderId = try await place()
            outcome.orderId = orderId
            outcome.placing = loop.uptime - began
            try await awaitEnd(of: orderId, since: began, &outcome)
            outcome.whole = loop.uptime - began
            outcome.charges = try await charges(for: orderId)
        } catch {
            outcome.failure = ErrorText.of(error)
        }
        return outcome
    }

    private func place() async throws -> String {
        let order = NewOrder(
            branchId: 1 + Int64(loop.random() % 5), sauceId: 1 + Int64(loop.random() % 20),
            qty: 1 + Int64(loop.random() % 10), price: 10_000, email: "buyer@example.com")
        let response = try await client.send(
            OutboundRequest(
                method: .post, url: plan.gateway + "/orders",
                headers: [
                    "Content-Type": "application/json", "Idempotency-Key": "demo-\(loop.random())-\(loop.random())",
                ],
                body: try JSON.encode(order)))
        guard response.status == 201 || response.status == 202 else {
            throw DemoFailure(
                "POST /orders answered \(response.status): \(String(decoding: response.body, as: UTF8.self))")
        }
        return try JSON.decode(Placed.self, from: response.body).id
    }

    private func awaitEnd(of orderId: String, since began: Duration, _ outcome: inout DemoOutcome) async throws {
        while true {
            let response = try await client.send(
                OutboundRequest(method: .get, url: plan.gateway + "/orderDashboards/" + orderId))
            if response.isSuccess {
                let row = try JSON.decode(Row.self, from: response.body)
                outcome.isPaid = row.status == "PAID" && row.isPaid
                outcome.isDelivered = row.deliveryId != nil
                outcome.isNotified = row.messagesSent >= 2  // seller and buyer
                if outcome.isPaid, outcome.isDelivered, outcome.isNotified { return }
            }
            guard loop.uptime - began < plan.timeout else {
                throw DemoFailure("\(orderId) did not reach its end in time")
            }
            try await loop.sleep(for: .milliseconds(20))
        }
    }

    private func charges(for orderId: String) async throws -> Int {
        let response = try await client.send(
            OutboundRequest(method: .get, url: plan.psp + "/statement/search/findByOrderId?orderId=" + orderId))
        let page = try JSON.decode(Statement.self, from: response.body)
        return page._embedded.charges.filter { $0.status == "captured" }.count
    }

    private struct NewOrder: Encodable {
        let branchId, sauceId, qty, price: Int64
        let email: String
    }
    private struct Placed: Decodable {
        let id: String
    }
    private struct Row: Decodable {
        let status: String
        let isPaid: Bool
        let deliveryId: String?
        let messagesSent: Int
    }
    private struct Statement: Decodable {
        struct Embedded: Decodable {
            let charges: [Charge]
        }
        struct Charge: Decodable {
            let status: String
        }
        let _embedded: Embedded
    }
}

struct DemoFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Numbers the orders among the workers.
private final class Counter: Sendable {
    private let next = Atomic(0)
    func take() -> Int { next.add(1, ordering: .relaxed).oldValue }
}

/// One bar for all workers.
private final class Progress: Sendable {
    private let state: Mutex<(bar: ProgressBar, done: Int)>

    init(total: Int) { state = Mutex((ProgressBar("orders", total: total), 0)) }

    func advance() {
        state.withLock { state in
            state.done += 1
            state.bar.show(state.done)
        }
    }
}
