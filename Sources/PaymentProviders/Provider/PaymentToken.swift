/// A provider's token for the customer's means of payment, never a card number.
///
/// A shop front gets it from the provider's own form; if there is none, the configuration names a test token such as
/// `pm_card_visa`. `{orderId}` in it is replaced by the order's id. Its description hides it, so that it reaches no
/// log.
public struct PaymentToken: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    private let template: String

    public init(_ template: String) { self.template = template }

    /// The call's own where it brings one, as it is.
    func token(for call: ProviderCall) -> String {
        if let own = call.paymentToken { return own.template }
        guard let place = template.firstRange(of: "{orderId}") else { return template }
        return template[..<place.lowerBound] + call.orderId + template[place.upperBound...]
    }

    public var description: String { "********" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
