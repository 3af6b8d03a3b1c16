import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders

/// What a provider's documented states and answers mean here: walked by a test, and shown in docs/providers.md.
struct MeaningTable: Sendable, CustomStringConvertible {
    let provider: String
    let make: @Sendable (any Transport) -> any PaymentProvider
    let rows: [MeaningRow]

    static let all = [stripe, midtrans, toss]

    var description: String { provider }
}

/// A state that a look-up finds, or an answer to a call.
struct MeaningRow: Sendable, CustomStringConvertible {
    enum Question: String, Sendable {
        case lookUp = "look-up"
        case answer
    }
    let question: Question
    let state: String
    /// For each action in the order of `ProviderAction.allCases`; `-` where the row does not concern it, `looked up`
    /// where the answer only causes a look-up.
    let means: [String]
    /// The document, and its section.
    let source: String
    let answers: @Sendable (ProviderCall) -> [Result<Response, TransportError>]

    var description: String { "\(question.rawValue): \(state)" }

    func meaning(of action: ProviderAction) -> String {
        ProviderAction.allCases.firstIndex(of: action).map { means[$0] } ?? "-"
    }
}

extension MeaningTable {
    private static let columns = ["", "state or answer"] + ProviderAction.allCases.map(\.rawValue) + ["source"]

    var markdown: String {
        let lines =
            [Self.columns, Self.columns.map { _ in "---" }]
            + rows.map { [$0.question.rawValue, $0.state] + $0.means + [$0.source] }
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    /// The call that rows are asked about.
    func call(_ action: ProviderAction, _ currency: Currency) -> ProviderCall {
        let isNew = action == .charge || action == .authorise
        return ProviderCall(
            action: action, orderId: "ORD-1", money: Money(10_000, currency), idempotencyKey: "K-1",
            reference: isNew ? nil : "REF-1")
    }
}
