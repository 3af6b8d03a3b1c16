/// Who leads a checkout.
public enum CheckoutStyle: String, NamedChoice, Sendable, Hashable {
    /// Cart, step by step.
    case orchestrated
    /// Nobody: each service acts on the events of the others.
    case choreographed
}
