/// Who leads a checkout.
public enum CheckoutStyle: String, Codable, Sendable, Hashable, CaseIterable {
    /// Cart, step by step.
    case orchestrated
    /// Nobody: each service acts on the events of the others.
    case choreographed
}
