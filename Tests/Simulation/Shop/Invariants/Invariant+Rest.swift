extension Invariant {
    static let rest = [
        Invariant(name: "nothing is open for ever") { world in
            var open: [String] = []
            for doing in world.doings {
                if doing.isBusy { open.append("buyer \(doing.number) waits for an answer") }
            }
            open += world.sagas.filter { saga in
                !["COMPLETED", "COMPENSATED"].contains(saga.status)
                    && !(saga.status == "PARKED" && world.isPutBeforeAPerson(saga.orderId))
            }
            .map { "\($0.saga) \($0.id) is \($0.status) at \($0.step)" }
            open += world.attempts.filter { ["REQUESTED", "ACCEPTED", "UNKNOWN"].contains($0.state) }
                .map { "attempt \($0.id) of \($0.orderId) to \($0.action) is \($0.state)" }
            open += world.orders.filter { order in
                ["PAYMENT_PENDING", "PLACED"].contains(order.status)
                    || order.status == "CANCELLING" && !world.isPutBeforeAPerson(order.id)
            }
            .map { "\($0.id) is \($0.status)" }
            open += world.payments.filter { $0.status == "PENDING" }.map { "payment of \($0.orderId) is PENDING" }
            open += world.waiting.map { "\($0.value) events or callbacks wait at \($0.key)" }
            open += world.carts.filter { $0 == "CHECKING_OUT" }.map { "a cart is \($0)" }
            if world.reserved > 0 { open.append("\(world.reserved) pieces are still kept") }
            return (open + world.unsent).sorted()
        },
        Invariant(name: "a person is asked only what a story warrants") { world in
            world.tasks.filter { !world.story.warrants($0.kind) }.map { "\($0.kind) of \($0.orderId) is open" }
                + world.differences.filter { _ in !world.story.has("wrongAmounts") }
                .map { "the books differ by \($0.kind) of \($0.orderId): \($0.gap)" }
        },
        Invariant(name: "no event is set aside", isAlwaysTrue: true) { $0.deadLetters },
        Invariant(name: "every client can go on from its answers", isAlwaysTrue: true) { world in
            world.doings.flatMap { doing in
                // What waits for a person's decision is not answered before.
                let waits = world.subject(doing).map(world.isPutBeforeAPerson) ?? false
                return doing.refusals.filter { !(waits && $0.contains("was not answered")) }
            }
        },
        Invariant(name: "all services know the same of an order") { world in
            world.orders.flatMap { order -> [String] in
                let payment = world.payment(of: order.id)
                let delivery = world.delivery(of: order.id)
                var found: [String] = []
                func require(_ isTrue: Bool, _ what: String) {
                    if !isTrue { found.append("\(order.id) \(what): \(world.words(order.id))") }
                }
                let kept = (payment?.captured ?? 0) - (payment?.refunded ?? 0)
                let isAsked = world.isPutBeforeAPerson(order.id)
                guard !world.story.isDisputed, !world.isToldWrongly(order.id) else { return [] }
                if order.status != "CANCELLED" {
                    require(order.refunded == payment?.refunded ?? 0, "has refunded \(order.refunded)")
                }
                switch order.status {
                case "PAID": require(kept == order.amount && (delivery == "STARTED" || isAsked), "is PAID")
                case "PARTIALLY_REFUNDED": require(kept > 0 && kept < order.amount, "is PARTIALLY_REFUNDED")
                case "REFUNDED": require(kept == 0, "is REFUNDED")
                case "SHIPPED", "DELIVERED": require(delivery == order.status, "is \(order.status)")
                case "CANCELLED": require(delivery == nil || delivery == "CANCELLED", "is CANCELLED")
                case "PAYMENT_FAILED": require(delivery == nil, "is PAYMENT_FAILED")
                default: break
                }
                if world.hasDashboard,
                    world.events.contains(where: { $0.subject == order.id && $0.type == "OrderPlaced" })
                {
                    let shown = world.dashboards[order.id] ?? "none"
                    // Where its goods are is in a column of its own there.
                    let hasLeft = ["SHIPPED", "DELIVERED"].contains(order.status)
                    require(
                        shown == order.status || hasLeft && ["PAID", "PARTIALLY_REFUNDED"].contains(shown),
                        "is \(shown) on the dashboard")
                }
                return found
            }
        },
        Invariant(name: "the story ends as it must") { world in
            world.doings.flatMap { doing -> [String] in
                guard let ending = doing.plot.ending else { return [] }
                guard let id = world.subject(doing) else { return ["buyer \(doing.number) has nothing"] }
                let state = world.order(id)?.status ?? world.payment(of: id)?.status ?? "none"
                let isRefused = world.events.contains { $0.subject == id && $0.type == "OrderPaymentFailed" }
                if let kept = ending.keptIfNotRefused, !isRefused, world.kept(id) == kept, state == "PAID" { return [] }
                return world.kept(id) == ending.kept && ending.states.contains(state)
                    ? [] : ["\(id) must keep \(ending.kept) and be \(ending.states): \(world.words(id))"]
            }
        },
    ]
}

extension Story {
    /// Whether something happens in it that only a person can decide.
    func warrants(_ task: String) -> Bool {
        switch task {
        // A provider that refuses to give money back.
        case "REFUND_REFUSED": refusesRefunds || has("refundFailsLater") || isDisputed
        // The whole is refused also where the provider or a bank gave some of it back, and that is not told yet.
        case "PAID_AND_STOPPED":
            refusesRefunds || has("refundFailsLater") || moves { $0 == .failRefund } || isRefundedElsewhere
                || isDisputed
        // One that was given up at the provider is refused to be given up here, and nobody tells why.
        case "RESERVATION_KEPT": refusesRefunds || has("callbacksOff") && moves { $0 == .cancel }
        // One whose refunds do not arrive, or whose word changes.
        case "REFUND_FAILED": has("refundFailsLater") || moves { $0 == .failRefund }
        case "CONTRADICTION": has("lateRefusals") || has("declinesFirst")
        case "MISMATCH": has("wrongAmounts")
        case "REFUNDED_TOO_MUCH": has("wrongAmounts") && isRefundedElsewhere
        case "DISPUTED": moves { $0 == .withdraw || $0 == .reinstate }
        default: false
        }
    }

    func has(_ fault: String) -> Bool { faults.contains { $0.hasPrefix(fault + ":") } }

    private func moves(_ isSuch: (ProviderMove) -> Bool) -> Bool {
        plots.flatMap(\.acts).contains { if case .provider(let move) = $0.kind { isSuch(move) } else { false } }
    }

    var isRefundedElsewhere: Bool { moves { if case .refund = $0 { true } else { false } } }

    /// Whether what the provider took in may be refused later.
    var changesItsWord: Bool { refusesRefunds || has("refundFailsLater") }

    /// Whether banks take money back in it.
    var isDisputed: Bool { warrants("DISPUTED") }

    var refusesRefunds: Bool {
        faults.contains { $0.lowercased().contains("refusals") } && !faults.contains { $0.hasPrefix("actions: ") }
    }
}
