import FoundationEssentials
import HTTP
import HTTPClient
import Kernel

enum ReconcileCommand: Command {
    static let name = "reconcile"
    static let summary = "compares payments, ledger and the provider's statement, line by line"
    static let forms = [
        Form(
            "", .none, summary,
            options: [Option("payment", "URL", "the payment service (default: http://127.0.0.1:8085)"), .format],
            run: run)
    ]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let url = (arguments.string("payment") ?? "http://127.0.0.1:8085") + "/api/reconciliations"
        let response = try withClient { _, client in
            try await client.ask(.post, url, json: nil, timeout: .seconds(600))
        }
        let report = try JSON.decode(Report.self, from: response.body)
        Console.write(arguments.format == .json ? String(decoding: response.body, as: UTF8.self) + "\n" : report.text)
        // For scripts and cron: what does not agree is a failure.
        if !report.agrees { throw ExitCode(code: ExitCode.failure) }
    }

    private struct Report: Decodable {
        struct Difference: Decodable {
            let kind: String
            let orderId: String
            let paymentId: String?
            let reference: String
            let movement: String
            let here: Int64?
            let there: Int64?
            let currency: String
        }
        let id: String
        let statementLines: Int
        let movements: Int
        let bookings: Int
        let inFlight: Int
        let isBalanced: Bool
        let differences: [Difference]

        var agrees: Bool { differences.isEmpty && isBalanced }

        var text: String {
            var table = Table("KIND", "ORDER", "MOVEMENT", "HERE", "THERE", "CURRENCY", "REFERENCE")
            for line in differences {
                table.add(
                    line.kind, line.orderId, line.movement, line.here.map(String.init),
                    line.there.map(String.init), line.currency, line.reference)
            }
            return """
                Reconciliation \(id)
                  \(movements) movements of payments, \(bookings) bookings, \(statementLines) lines of the provider, \(inFlight) in flight
                  The ledger \(isBalanced ? "sums to zero." : "does NOT sum to zero.")
                \(differences.isEmpty ? "  Everything agrees.\n" : "  \(differences.count) differences:\n" + table.text)
                """
        }
    }
}
