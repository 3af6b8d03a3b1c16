extension Invariant {
    static let keys =
        goods + [
            Invariant(name: "every key has one effect") { world in
                var found: [String] = []
                for (key, answers) in world.answers where Set(answers.map(\.effect)).count > 1 {
                    found.append("\(key) did \(Set(answers.map(\.effect)).sorted())")
                }
                for doing in world.doings {
                    let answers = doing.memory.doubles + [doing.memory.purchase].compactMap { $0 }
                    // One that was not to be had may be tried again with its key, as another order.
                    let bought = Set(answers.filter { $0.status < 300 }.map(\.subject))
                    if bought.subtracting([""]).count > 1 {
                        found.append("buyer \(doing.number) got \(bought.sorted())")
                    }
                }
                // A refund's saga is begun by a key, and each key is of one player's act.
                for (orderId, sagas) in Dictionary(grouping: world.refundsOnRequest, by: \.orderId) {
                    let keys = world.refundKeys(of: orderId)
                    if sagas.count > keys { found.append("\(orderId) has \(sagas.count) refunds by \(keys) keys") }
                }
                let bought = Set(
                    world.doings.flatMap { $0.memory.doubles + [$0.memory.purchase].compactMap { $0 } }.map(\.subject))
                for order in world.orders where !bought.contains(order.id) && !order.isEnded {
                    found.append("\(order.id) was ordered by nobody: \(world.words(order.id))")
                }
                return found.sorted()
            },
            Invariant(name: "every answer is true") { world in
                world.doings.flatMap { doing -> [String] in
                    guard let purchase = doing.memory.purchase, let id = world.subject(doing) else { return [] }
                    var found: [String] = []
                    func require(_ isTrue: Bool, _ answer: String) {
                        if !isTrue { found.append("\(id): was told \(answer), and is \(world.words(id))") }
                    }
                    let order = world.order(id)
                    switch (doing.plot.purchase, purchase.status) {
                    case (.order, 201), (.order, 202), (.lines, 201), (.lines, 202), (.cart, 201):
                        require(order != nil, "\(purchase.status)")
                    case (.order, 402), (.lines, 402), (.cart, 402):
                        // Unless it was paid later, and the buyer was told; or the provider refuses to give it back.
                        let isPaid = world.events.contains { $0.subject == id && $0.type == "OrderPaid" }
                        require(world.kept(id) == 0 || isPaid || world.isPutBeforeAPerson(id), "402")
                    default: break
                    }
                    for (index, answers) in doing.memory.acts {
                        let act = doing.plot.acts[index]
                        for answer in answers where answer.isDone {
                            require(world.isTrue(act.kind, of: id), "\(act.kind) \(answer.status)")
                        }
                    }
                    return found
                }
            },
            Invariant(name: "refunds are those that were asked for") { world in
                guard !world.story.changesItsWord else { return [] }
                return world.doings.flatMap { doing -> [String] in
                    guard let id = world.subject(doing), let payment = world.payment(of: id) else { return [] }
                    let acts = doing.memory.acts.filter { $0.value.contains(where: \.isDone) }
                        .map { doing.plot.acts[$0.key].kind }
                    var (atLeast, isWhole, smallest): (Int64, Bool, Int64) = (0, false, .max)
                    for act in acts {
                        switch act {
                        case .refund(let amount?), .refundPayment(let amount?):
                            atLeast += amount
                            smallest = min(smallest, amount)
                        case .refund, .refundPayment, .returnGoods, .cancel: isWhole = true
                        default: break
                        }
                    }
                    if isWhole { atLeast = payment.captured }
                    // A chargeback brings the money to its buyer too: nobody gives it back a second time.
                    let wentBack = payment.refunded + world.failedRefunds(of: id) + payment.disputed
                    // One that was accepted is refused, and that is told, if the provider has given back a part by itself
                    // meanwhile and less is left than was asked for.
                    let isRefused =
                        world.story.isRefundedElsewhere && payment.captured - wentBack < smallest
                        && world.refundsOnRequest.contains { $0.orderId == id && $0.status == "COMPENSATED" }
                    guard wentBack < atLeast, !isRefused else { return [] }
                    return ["\(id): \(wentBack) went back, not \(atLeast)"]
                }
            },
        ]
}

extension Aftermath {
    /// Answers to what was done, by key.
    var answers: [(key: String, answers: [Player.Answer])] {
        doings.flatMap { doing in
            doing.memory.acts.map { index, answers in
                ("purchase-\(doing.number)-act-\(index)", answers.filter(\.isDone))
            }
        }
    }

    /// Refunds that somebody asked for. Others follow what happened at the provider, and are named after their order.
    var refundsOnRequest: [(saga: String, id: String, orderId: String, status: String, step: String)] {
        sagas.filter { $0.saga == "refund" && !$0.id.hasPrefix("REF-\($0.orderId)") }
    }

    /// How many different refunds were asked for.
    func refundKeys(of orderId: String) -> Int {
        doings.filter { subject($0) == orderId }.flatMap(\.plot.acts).filter { act in
            switch act.kind {
            case .refund, .returnGoods: true
            default: false
            }
        }.count
    }

    /// Whether what was answered 200 or 201 is so in the end.
    func isTrue(_ act: Story.Act.Kind, of id: String) -> Bool {
        switch act {
        // An order whose payment deadline passed ends before its money is back. If the refund fails after that, as often as
        // it is asked for, a person is asked.
        case .cancel:
            order(id)?.status == "CANCELLED"
                && (kept(id) == 0 || isToldWrongly(id) || story.changesItsWord && isPutBeforeAPerson(id))
        case .refundPayment where story.changesItsWord: true
        case .refund, .refundPayment: (payment(of: id)?.refunded ?? 0) + failedRefunds(of: id) > 0
        case .returnGoods:
            (payment(of: id)?.refunded ?? 0) + failedRefunds(of: id) > 0 && reservations[id]?.status != "COMMITTED"
        case .ship: ["SHIPPED", "DELIVERED"].contains(delivery(of: id))
        case .deliver: delivery(of: id) == "DELIVERED"
        // The provider has it, which is as much as payment's answer says.
        case .capture where story.changesItsWord, .void where story.changesItsWord: true
        case .capture: (payment(of: id)?.captured ?? 0) > 0
        case .void: payment(of: id)?.captured == 0
        case .provider: true
        }
    }

    /// Minor units that the provider gave back and that did not arrive. Where the failure is told first, payment never
    /// hears that they had gone back.
    func failedRefunds(of id: String) -> Int64 {
        lines.filter { $0.orderId == id && $0.status == "failed" }.reduce(0) { $0 + $1.amount }
    }

    func words(_ id: String) -> String {
        let order = order(id)
        let states = [order?.status, order?.paymentStatus, order?.fulfilmentStatus].compactMap { $0 }
        let payment = payment(of: id).map { "\($0.status) \($0.captured) - \($0.refunded)" } ?? "none"
        let attempts = attempts.filter { $0.orderId == id }.map { "\($0.action) \($0.amount) \($0.state)" }
        let tasks = tasks.filter { $0.orderId == id }.map(\.kind).sorted()
        return """
            order \(states), payment \(payment), delivery \(delivery(of: id) ?? "none"), kept \(kept(id)), \
            attempts \(attempts), tasks \(tasks)
            """
    }
}

extension Aftermath.Order {
    var isEnded: Bool { ["CANCELLED", "PAYMENT_FAILED"].contains(status) }
}
