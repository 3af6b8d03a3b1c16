extension Scenario {
    static let plain = Scenario(name: "plain")

    /// Customers who send `POST /orders`.
    static let orders = [
        plain,
        Scenario(name: "lost-reply", faults: ["lostReplies: 1"]),
        Scenario(name: "callbacks-five-times", faults: ["callbackDeliveries: 5"]),
        // The same as 20 s with the timeouts of production, in fewer idle steps.
        Scenario(
            name: "late-callback", faults: ["callbackDelay: 4s"],
            more: "order:\n  paymentTimeout: 1s\npayment:\n  confirmationTimeout: 2s\n"),
        Scenario(name: "server-error", faults: ["serverErrors: 1 time"]),
        Scenario(name: "wrong-signature", faults: ["wrongSignatures: 1"]),
        Scenario(name: "refusal", faults: ["refusals: 1"]),
    ]
}
