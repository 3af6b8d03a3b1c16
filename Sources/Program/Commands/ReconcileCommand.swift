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

    /// How often a run is polled; a first run over years of payments takes long, and each look shows its progress.
    private static let (maximumLooks, interval) = (7200, Duration.seconds(1))

    @Sendable private static func run(_ arguments: Arguments) throws {
        let url = (arguments.string("payment") ?? "http://127.0.0.1:8085") + "/api/reconciliations"
        let body = try withClient { loop, client in
            var response = try await client.ask(
                .post, url, json: nil, headers: Headers().byOperatingUser(), timeout: .seconds(60))
            for _ in 0..<maximumLooks {
                let report = try JSON.decode(Report.self, from: response.body)
                guard report.state == "RUNNING" else { break }
                if let done = report.doneUntil, let end = report.end {
                    Console.error("Reconciliation \(report.id): compared until \(done), of \(end)")
                }
                try await loop.sleep(for: interval)
                response = try await client.ask(.get, "\(url)/\(QueryString.encode(report.id))")
            }
            return response.body
        }
        let report = try JSON.decode(Report.self, from: body)
        guard report.state != "FAILED", report.state != "RUNNING" else {
            Console.error(
                "sambal: reconciliation \(report.id) did not end: \(report.failure ?? "it is still running")")
            throw ExitCode(code: ExitCode.unreachable)
        }
        Console.write(arguments.format == .json ? String(decoding: body, as: UTF8.self) + "\n" : report.text)
        // For scripts and cron: a difference is a failure.
        if !report.agrees { throw ExitCode(code: ExitCode.failure) }
    }

    private struct Report: Decodable {
        struct Difference: Decodable {
            let id: String?
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
        let state: String?
        let end: String?
        let doneUntil: String?
        let failure: String?
        let adopted: Int?
        let statementLines: Int
        let movements: Int
        let bookings: Int
        let inFlight: Int
        let isBalanced: Bool
        let differences: [Difference]

        var agrees: Bool { differences.isEmpty && isBalanced }

        var text: String {
            var table = Table("KIND", "ORDER", "MOVEMENT", "HERE", "THERE", "CURRENCY", "REFERENCE", "DIFFERENCE")
            for line in differences {
                table.add(
                    line.kind, line.orderId, line.movement, line.here.map(String.init),
                    line.there.map(String.init), line.currency, line.reference, line.id)
            }
            let taken = adopted.map { $0 > 0 ? "  \($0) movements that only the provider knew were adopted.\n" : "" }
            return """
                Reconciliation \(id)
                  \(movements) movements of payments, \(bookings) bookings, \(statementLines) lines of the provider, \(inFlight) in flight
                \(taken ?? "")  The ledger \(isBalanced ? "sums to zero." : "does NOT sum to zero.")
                \(differences.isEmpty ? "  Everything agrees.\n" : "  \(differences.count) differences:\n" + table.text)
                """
        }
    }
}
