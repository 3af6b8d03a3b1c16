import FoundationEssentials
import HTTP
import ServiceHost

extension Player {
    /// A move in the provider's administration. It has no key: whoever hears no answer looks into the provider's book, and
    /// asks again for what is not there.
    func move(_ index: Int, _ move: Story.ProviderMove, about subject: String) -> PlayerErrand {
        let isReservation = plot.purchase == .reservation
        let order = isReservation ? reservedOrder : subject
        return PlayerErrand(
            key: key(index),
            send: { door in
                let provider = door.client(named: "psp")
                let search = "/statement/search/findByOrderId?orderId=\(order)&size=100&sort=chargedAt"
                let found = try await provider.send(.get, search, timeout: .seconds(20))
                guard found.isSuccess, let lines = try? JSONDecoder().decode(Statement.self, from: found.body) else {
                    return found
                }
                guard let requests = move.requests(lines._embedded.charges) else { return Response(status: 404) }
                var last = Response(status: 200)
                for (path, body) in requests {
                    last = try await provider.send(
                        .post, path, headers: ["Content-Type": "application/json"], body: Data(body.utf8),
                        timeout: .seconds(20))
                }
                return last
            },
            reply: { response in
                switch response.status {
                case 404: .notNow(.init(status: 404, subject: subject))
                case 500...: .again
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
    /// Of a dispute: its name, and how far it is.
    let about: String?
    let stage: String?
}

extension Story.ProviderMove {
    /// The requests that are missing to it in a book of these lines: none where it was made, and `nil` while there is
    /// nothing to make it of.
    fileprivate func requests(_ lines: [ProviderLine]) -> [(path: String, body: String)]? {
        guard let charge = lines.first(where: { ["captured", "authorised"].contains($0.status) }) else { return nil }
        let admin = "/admin/charges/\(charge.id)"
        func isDone(_ action: String) -> Bool { lines.contains { $0.action == action && $0.isUnasked == true } }
        switch self {
        case .refund(let amount):
            return isDone("refund") ? [] : [(admin + "/refund", amount.map { #"{"amount":\#($0)}"# } ?? "{}")]
        case .cancel: return isDone("void") ? [] : [(admin + "/cancel", "{}")]
        case .withdraw:
            return Self.missing(["opened", "fundsWithdrawn"], isNew: true, lines).map { Self.stage($0, admin) }
        case .reinstate:
            guard lines.contains(where: { $0.action == "dispute" }) else { return nil }
            return Self.missing(["fundsReinstated", "won"], isNew: false, lines).map { Self.stage($0, admin) }
        case .failRefund:
            guard !lines.contains(where: { $0.action == "refundFailure" }) else { return [] }
            guard let refund = lines.last(where: { $0.status == "refunded" }) else { return nil }
            return [("/admin/refunds/\(refund.id)/fail", #"{"reason":"account closed"}"#)]
        }
    }

    /// The stages that the last dispute has not reached, if it goes on; those of a new one where `isNew` allows that.
    private static func missing(_ stages: [String], isNew: Bool, _ lines: [ProviderLine]) -> [String] {
        let disputes = lines.filter { $0.action == "dispute" }
        let reached = disputes.filter { $0.about == disputes.last?.about }.compactMap(\.stage)
        if reached.contains("won") || reached.contains("lost") { return isNew ? stages : [] }
        return stages.filter { !reached.contains($0) }
    }

    private static func stage(_ stage: String, _ admin: String) -> (path: String, body: String) {
        (admin + "/dispute", #"{"stage":"\#(stage)"}"#)
    }
}
