import Configuration
import Kernel

/// The `psp` section of the configuration.
struct SimulatorSettings: Sendable {
    /// How the provider tells that it moved the money.
    enum Confirmation: String, Sendable, CaseIterable {
        /// The answer says `pending`, a callback tells the end.
        case callback
        /// The answer tells the end; the callback repeats it.
        case answer
    }
    let confirmation: Confirmation
    let faults: Faults
    /// How long a caller is kept waiting whose answer is lost, or who is not answered at all.
    let lostReplyDelay: Duration
    /// The wait of a request that came too often; sent as `Retry-After`.
    let retryAfter: Duration
    /// How long a callback that is to be overtaken waits for a later one of the same order.
    let reorderWindow: Duration
    let stripe: StripeDialectSettings
    let midtrans: MidtransDialectSettings

    init(from section: Configuration) {
        confirmation = section.choice(
            "confirmation", default: .callback,
            help: "Whether an answer says `pending` and a callback tells the outcome, or the answer tells it.")
        faults = Faults(from: section.section("faults"))
        lostReplyDelay = section.duration(
            "lostReplyDelay", default: .seconds(10), help: "How long a caller is kept waiting whose answer is lost.")
        retryAfter = section.duration(
            "retryAfter", default: .seconds(1), help: "The `Retry-After` of answers with 429.")
        reorderWindow = section.duration(
            "reorderWindow", default: .seconds(2),
            help: "How long a callback that is to be overtaken waits for a later one of the same order.")
        stripe = StripeDialectSettings(from: section.section("stripe"))
        midtrans = MidtransDialectSettings(from: section.section("midtrans"))
    }
}
