import Foundation

/// `docs/fault-matrix.md`, from what was measured.
enum FaultMatrixDocument {
    static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../docs/fault-matrix.md").standardizedFileURL

    static func text(_ outcomes: [FaultCell: FaultCell.Outcome]) -> String {
        var text = """
            # Fault matrix

            The outcome of an order, a refund, a cancellation, and of money that the provider moves unasked or \
            late, when the provider misbehaves, with and without a `kill -9` in between. Every line was measured on real processes; `make fault-matrix` writes this page, and the tests fail \
            if it is stale.

            The order is of \(FaultCell.amount) minor units, the refund of \(FaultCell.refundAmount). Each request is \
            repeated with its `Idempotency-Key`. Killed: `payment` in the middle of the call, as soon as it has it on \
            record; `shop` after the answer, the provider with it. Captures and refunds are those of the provider's own \
            statement; payments, ledger and statement are compared by `sambal reconcile`.

            | Fault | Path | Killed | Order ends as | Captures | Refunded | Mails | Ledger | Payments = statement |
            |---|---|---|---|---|---|---|---|---|

            """
        for cell in Fault.allCases.flatMap(FaultCell.all) {
            guard let outcome = outcomes[cell] else { continue }
            text += line(cell, outcome)
        }
        return text
    }

    private static func line(_ cell: FaultCell, _ outcome: FaultCell.Outcome) -> String {
        let columns = [
            cell.fault.rawValue, cell.path.rawValue, cell.restart.rawValue, outcome.order, "\(outcome.captures)",
            outcome.refunds.isEmpty ? "-" : outcome.refunds.map(String.init).joined(separator: " + "),
            "\(outcome.mails)", outcome.isBalanced ? "zero" : "NOT ZERO", outcome.agrees ? "yes" : "NO",
        ]
        return "| " + columns.joined(separator: " | ") + " |\n"
    }
}
