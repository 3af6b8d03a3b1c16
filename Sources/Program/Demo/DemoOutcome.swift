/// The outcome of one order of the demo.
struct DemoOutcome: Sendable {
    var orderId: String?
    var isPaid = false
    var isDelivered = false
    var isNotified = false
    /// The number of charges by the provider's own statement.
    var charges = 0
    /// The time from sending the order to its answer, and to its end.
    var placing: Duration?
    var whole: Duration?
    /// The first failure.
    var failure: String?
}
