/// What became of one order of the demo.
struct DemoOutcome: Sendable {
    var orderId: String?
    var isPaid = false
    var isDelivered = false
    var isNotified = false
    /// At the provider, by its own statement.
    var charges = 0
    /// From sending the order to its answer, and to its end.
    var placing: Duration?
    var whole: Duration?
    /// The first thing that went wrong.
    var failure: String?
}
