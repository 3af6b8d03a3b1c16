import Contracts
import HTTP

/// How deliveries speak to their callers.
enum DeliveryAnswer {
    /// 409 that names what would be allowed.
    static func problem(_ illegal: IllegalDeliveryStep) -> Problem {
        let allowed = illegal.allowed.isEmpty ? "nothing" : illegal.allowed.joined(separator: ", ")
        let hasLeft = illegal.status == .shipped || illegal.status == .delivered
        let isTooLate = illegal.step.name == "cancel" && hasLeft
        return Problem(
            status: 409, title: isTooLate ? "Already shipped" : "Not possible now",
            detail: "\(illegal.step.name) is not possible while the delivery is \(illegal.status.rawValue)"
                + (illegal.isHeld ? ", and held, as its payment is disputed" : "")
                + "; allowed: \(allowed)",
            type: isTooLate ? DeliveryAPI.alreadyShipped : "about:blank")
    }
}
