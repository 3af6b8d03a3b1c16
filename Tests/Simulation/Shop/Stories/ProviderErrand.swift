import FoundationEssentials
import HTTP
import ServiceHost

extension Player {
    /// A move in the provider's administration. It has no key: it is asked for once, and not again by a player who sees it
    /// in the provider's book.
    func move(_ index: Int, _ move: Story.ProviderMove, about subject: String) -> PlayerErrand {
        let isReservation = plot.purchase == .reservation
        let order = isReservation ? reservedOrder : subject
        return PlayerErrand(
            key: key(index), isAskedOnce: true,
            send: { door in
                let provider = door.peer(named: "psp")
                let search = "/statement/search/findByOrderId?orderId=\(order)&size=100&sort=chargedAt"
                let found = try await provider.send(.get, search, timeout: .seconds(20))
                guard found.isSuccess, let lines = try? JSONDecoder().decode(Statement.self, from: found.body) else {
                    return found
                }
                var last = Response(status: 404)
                for (path, body) in move.requests(lines._embedded.charges) {
                    last = try await provider.send(
                        .post, path, headers: ["Content-Type": "application/json"], body: Data(body.utf8),
                        timeout: .seconds(20))
                }
                return last
            },
            reply: { response in
                switch response.status {
                case 404: .notNow(.init(status: 404, subject: subject))
                default: .answered(.init(status: response.status, subject: subject))
                }
            })
    }

    private struct Statement: Decodable {
        struct Embedded: Decodable {
            let charges: [ProviderLine]
        }
        let _embedded: Embedded
    }
}

/// A line of the provider's book as its administration shows it.
struct ProviderLine: Decodable {
    let id: String
    let action: String
    let status: String
    let isUnasked: Bool?
}

extension Story.ProviderMove {
    /// Empty where there is nothing to do it to, or it was done.
    fileprivate func requests(_ lines: [ProviderLine]) -> [(path: String, body: String)] {
        guard let charge = lines.first(where: { ["captured", "authorised"].contains($0.status) }) else { return [] }
        let admin = "/admin/charges/\(charge.id)"
        func isDone(_ action: String) -> Bool { lines.contains { $0.action == action && $0.isUnasked == true } }
        switch self {
        case .refund(let amount):
            guard !isDone("refund") else { return [] }
            return [(admin + "/refund", amount.map { #"{"amount":\#($0)}"# } ?? "{}")]
        case .cancel: return isDone("void") ? [] : [(admin + "/cancel", "{}")]
        case .withdraw: return ["opened", "fundsWithdrawn"].map { (admin + "/dispute", #"{"stage":"\#($0)"}"#) }
        case .reinstate: return ["fundsReinstated", "won"].map { (admin + "/dispute", #"{"stage":"\#($0)"}"#) }
        case .failRefund:
            guard !lines.contains(where: { $0.action == "refundFailure" }),
                let refund = lines.last(where: { $0.status == "refunded" })
            else { return [] }
            return [("/admin/refunds/\(refund.id)/fail", #"{"reason":"account closed"}"#)]
        }
    }
}
