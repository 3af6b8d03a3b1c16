/// A sentence that must be true of every world, whatever went wrong in it.
struct Invariant: Sendable {
    let name: String
    /// True at every moment, also while much is under way; the others when all has come to rest.
    var isAlwaysTrue = false
    /// What contradicts it, in words; empty where it holds.
    let breaches: @Sendable (Aftermath) -> [String]

    static let all = money + keys + rest

    static let always = all.filter(\.isAlwaysTrue)
    static let atRest = all.filter { !$0.isAlwaysTrue }
}

extension Invariant {
    static let money = [
        Invariant(name: "at most one capture is kept for an order", isAlwaysTrue: true) { world in
            var found: [String] = []
            for id in world.orderIds {
                let kept = world.kept(id)
                let captures = world.lines.filter { $0.orderId == id && $0.status == "captured" }
                let back = captures.reduce(0) { $0 + $1.amount } - kept
                // Of several, all but one must have gone back.
                let excess = captures.reduce(0) { $0 + $1.amount } - (captures.map(\.amount).max() ?? 0)
                if excess > back { found.append("\(id) has \(captures.count) captures, and \(back) went back") }
                if kept < 0 { found.append("of \(id) \(-kept) too much went back") }
                if let order = world.order(id), kept > order.amount {
                    found.append("\(id) costs \(order.amount): \(kept)")
                }
            }
            return found
        },
        Invariant(name: "every booking sums to zero", isAlwaysTrue: true) { $0.ledgerGaps },
        Invariant(name: "captures less refunds are the ledger's and the statement's") { world in
            world.orderIds.union(world.ledger.keys).sorted().flatMap { id -> [String] in
                let statement = world.kept(id)
                let payments = world.moved(id)
                let ledger = world.ledger[id] ?? 0
                // What the provider told wrongly is put before a person, to the unit.
                let gap = world.story.has("wrongAmounts") ? world.gap(id) : 0
                return statement == payments + gap && payments == ledger
                    ? []
                    : ["\(id): statement \(statement), payments \(payments), ledger \(ledger), differences \(gap)"]
            }
        },
        Invariant(name: "no money of a cancelled order is kept") { world in
            world.orderIds.sorted().flatMap { id -> [String] in
                let kept = world.kept(id)
                guard kept != 0, !id.hasPrefix("ORD-OUTSIDE"), !world.isPutBeforeAPerson(id) else { return [] }
                guard let order = world.order(id) else { return ["\(id) does not stand and has \(kept)"] }
                return order.hasNoMoney ? ["\(id) is \(order.status) and has \(kept)"] : []
            }
        },
    ]

    static let goods = [
        Invariant(name: "pieces neither appear nor disappear", isAlwaysTrue: true) { world in
            guard world.story.cast != .money else { return [] }
            func pieces(_ status: String) -> Int {
                world.reservations.values.filter { $0.status == status }.reduce(0) { $0 + $1.count }
            }
            let (there, sold, kept) = (world.onHand, pieces("COMMITTED"), pieces("RESERVED"))
            var found: [String] = []
            if there + sold != world.story.pieces {
                found.append("\(there) are there, \(sold) sold, of \(world.story.pieces)")
            }
            if world.reserved != kept || !(0...there).contains(kept) {
                found.append("\(world.reserved) of \(there) are kept, for reservations of \(kept)")
            }
            return found
        },
        Invariant(name: "nothing is shipped that was given up or refunded whole", isAlwaysTrue: true) { world in
            var over: [String: Int64] = [:]
            var found: [String] = []
            for event in world.events {
                switch event.type {
                case "OrderCancelled", "DeliveryCancelled": over[event.subject] = event.time
                case "OrderRefunded" where event.isWhole:
                    over[event.subject] = event.time + world.newsOfRefunds(event.subject)
                case "DeliveryShipped":
                    if let since = over[event.subject], event.time >= since {
                        found.append("\(event.subject) was shipped at \(event.time), its order was over at \(since)")
                    }
                default: break
                }
            }
            return found
        },
        Invariant(name: "an order is delivered once", isAlwaysTrue: true) { world in
            Dictionary(grouping: world.deliveries, by: \.orderId).filter { $0.value.count > 1 }
                .map { "\($0.key) has \($0.value.count) deliveries" }.sorted()
        },
    ]
}

extension Aftermath.Order {
    /// Nothing of its money may stay with the shop.
    var hasNoMoney: Bool {
        ["CANCELLED", "PAYMENT_FAILED", "REFUNDED"].contains(status)
            || paymentStatus.map { ["FAILED", "CANCELLED", "REFUNDED"].contains($0) } ?? false
    }
}

extension Aftermath {
    /// How long delivery may not have heard that all of the money is back, in milliseconds. A refund of the whole asks
    /// delivery first; parts that come to the whole, and what payment or the provider does, delivery hears by an event.
    func newsOfRefunds(_ orderId: String) -> Int64 {
        let isAsked = doings.filter { subject($0) == orderId }.allSatisfy { doing in
            doing.plot.acts.allSatisfy { act in
                switch act.kind {
                case .refund(_?), .refundPayment, .provider: false
                default: true
                }
            }
        }
        return isAsked ? 0 : 60_000
    }
}
