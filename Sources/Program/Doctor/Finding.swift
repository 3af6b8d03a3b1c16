/// One result of the examination of a shop.
struct Finding: Sendable, Hashable {
    enum State: String, Sendable, Hashable {
        case ok
        /// Something that works and that a person should know.
        case notice
        /// Something that needs a person.
        case fault = "FAULT"
    }
    /// The name of a service, or `events`, or `shop`.
    let subject: String
    /// The name of the check, for example `identity`.
    let check: String
    let state: State
    let text: String
    /// The advice, with the entry of the runbook; `nil` if there is nothing to do.
    let advice: String?

    static func ok(_ subject: String, _ check: String, _ text: String) -> Finding {
        Finding(subject: subject, check: check, state: .ok, text: text, advice: nil)
    }

    static func notice(_ subject: String, _ check: String, _ text: String, _ advice: String) -> Finding {
        Finding(subject: subject, check: check, state: .notice, text: text, advice: advice)
    }

    static func fault(_ subject: String, _ check: String, _ text: String, _ advice: String) -> Finding {
        Finding(subject: subject, check: check, state: .fault, text: text, advice: advice)
    }
}
