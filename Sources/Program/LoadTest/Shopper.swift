import FoundationEssentials
import HTTP
import HTTPClient
import Kernel
import Runtime
import Synchronization

/// Sends the requests of a load test, as buyers would, and remembers the orders that were answered.
final class Shopper: Sendable {
    /// An order of this run, and the request that placed it.
    struct Placed: Sendable {
        let id: String
        let key: String
        let body: Data
    }

    /// The outcome of one request, and its identifier if it has one.
    struct Outcome: Sendable {
        var bytes = 0
        var failure: String?
        var isUnknown = false
    }

    private let client: HTTPClient
    private let loop: EventLoop
    private let plan: LoadPlan
    private let memory = Mutex<(orders: [Placed], touched: Int)>(([], 0))

    init(client: HTTPClient, loop: EventLoop, plan: LoadPlan) {
        self.client = client
        self.loop = loop
        self.plan = plan
    }

    /// The identifiers of all orders that were answered, each once.
    var orderIDs: Set<String> { memory.withLock { Set($0.orders.map(\.id)) } }

    /// Performs a kind of request. `prepared` is called once all is ready and the request that counts begins.
    func perform(_ action: LoadAction, prepared: () -> Void) async -> Outcome {
        switch action {
        case .order: return await placeOrder(prepared)
        case .checkout: return await checkOut(prepared)
        case .list:
            prepared()
            return await send(.get, "/orderDashboards?size=20&sort=id,desc").outcome
        case .read:
            guard let order = anyOrder else { return await placeOrder(prepared) }
            prepared()
            return await send(.get, "/orders/" + order.id).outcome
        case .repeat:
            guard let order = anyOrder else { return await placeOrder(prepared) }
            prepared()
            return await repeatOrder(order)
        case .cancel:
            guard let order = untouchedOrder else { return await placeOrder(prepared) }
            prepared()
            return await send(.post, "/orders/\(order.id)/cancel", key: newKey).outcome
        case .refund:
            guard let order = untouchedOrder else { return await placeOrder(prepared) }
            prepared()
            return await send(.post, "/orders/\(order.id)/refunds", Data(#"{"amount":100}"#.utf8), key: newKey).outcome
        }
    }

    private func placeOrder(_ prepared: () -> Void) async -> Outcome {
        let (branch, sauce, quantity) = (1 + loop.random() % 3, 1 + loop.random() % 10, 1 + loop.random() % 10)
        let body = Data(
            #"{"branchId":\#(branch),"sauceId":\#(sauce),"qty":\#(quantity),"price":10000,"email":"buyer@example.com"}"#
                .utf8)
        let key = newKey
        prepared()
        let answer = await send(.post, "/orders", body, key: key)
        guard answer.outcome.failure == nil else { return answer.outcome }
        guard let id = Self.identifier(in: answer.body) else { return Self.failed("an answer without an id", answer) }
        memory.withLock { $0.orders.append(Placed(id: id, key: key, body: body)) }
        return answer.outcome
    }

    private func repeatOrder(_ order: Placed) async -> Outcome {
        let answer = await send(.post, "/orders", order.body, key: order.key)
        guard answer.outcome.failure == nil, Self.identifier(in: answer.body) != order.id else { return answer.outcome }
        return Self.failed("the answer names another order than the first one", answer)
    }

    private func checkOut(_ prepared: () -> Void) async -> Outcome {
        let (customer, branch, sauce) = (1 + loop.random() % 3, 1 + loop.random() % 3, 1 + loop.random() % 10)
        let cart = Data(
            #"{"customerId":"CUS-\#(customer)","branchId":\#(branch),"items":[{"sauceId":\#(sauce),"qty":1}]}"#.utf8)
        let made = await send(.post, "/carts", cart, key: newKey)
        prepared()
        guard made.outcome.failure == nil, let id = Self.identifier(in: made.body) else {
            return Self.failed("no cart: " + (made.outcome.failure ?? "an answer without an id"), made)
        }
        let key = newKey
        let answer = await send(.post, "/carts/\(id)/checkout", key: key)
        guard answer.outcome.failure == nil else { return answer.outcome }
        guard let checkout = try? JSON.decode(Checkout.self, from: answer.body) else {
            return Self.failed("an answer without an id", answer)
        }
        guard checkout.status != "FAILED" else { return Self.failed("the checkout failed", answer) }
        // A checkout has the identifier of its order, which may still be to come.
        guard checkout.status == "COMPLETED" else { return answer.outcome }
        memory.withLock { $0.orders.append(Placed(id: checkout.id, key: key, body: Data())) }
        return answer.outcome
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ body: Data? = nil, key: String? = nil
    ) async -> (outcome: Outcome, body: Data) {
        var request = OutboundRequest(method: method, url: plan.gateway + path, timeout: plan.timeout)
        if let key { request.headers.add("Idempotency-Key", key) }
        if let body {
            request.headers.add("Content-Type", "application/json")
            request.body = body
        }
        do throws(TransportError) {
            let response = try await client.send(request)
            var outcome = Outcome(bytes: response.body.count)
            if !response.isSuccess {
                outcome.failure = Self.reason(of: response)
                outcome.isUnknown = method != .get && [500, 502, 504].contains(response.status)
            }
            return (outcome, response.body)
        } catch {
            return (Outcome(failure: "\(error.code)", isUnknown: method != .get && !error.isKnownNotSent), Data())
        }
    }

    private static func failed(_ reason: String, _ answer: (outcome: Outcome, body: Data)) -> Outcome {
        Outcome(bytes: answer.outcome.bytes, failure: reason, isUnknown: answer.outcome.isUnknown)
    }

    /// Status and type or title, without what differs from request to request.
    private static func reason(of response: Response) -> String {
        let problem = try? JSON.decode(Words.self, from: response.body)
        let type = problem?.type.flatMap { $0 == "about:blank" ? nil : $0 }
        return (["\(response.status)", type ?? problem?.title].compactMap(\.self)).joined(separator: " ")
    }

    private static func identifier(in body: Data) -> String? { (try? JSON.decode(Named.self, from: body))?.id }

    private var newKey: String { "load-\(loop.random())-\(loop.random())" }

    /// One that can be sent again and read; checkouts are not sent again.
    private var anyOrder: Placed? {
        let random = loop.random()
        return memory.withLock { memory in
            guard !memory.orders.isEmpty else { return nil }
            let order = memory.orders[Int(random % UInt64(memory.orders.count))]
            return order.body.isEmpty ? memory.orders.first { !$0.body.isEmpty } : order
        }
    }

    /// One that was neither cancelled nor refunded, the oldest first.
    private var untouchedOrder: Placed? {
        memory.withLock { memory in
            guard memory.touched < memory.orders.count else { return nil }
            memory.touched += 1
            return memory.orders[memory.touched - 1]
        }
    }

    private struct Named: Decodable {
        let id: String
    }
    private struct Checkout: Decodable {
        let id: String
        let status: String
    }
    private struct Words: Decodable {
        let type: String?
        let title: String?
    }
}
