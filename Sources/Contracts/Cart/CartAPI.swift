/// What cart answers.
public enum CartAPI {
    /// The `type` of the 503 of a checkout that took too long: it is taken back, and the same request may try again.
    public static let timedOut = "/problems/checkout-timed-out"
}
