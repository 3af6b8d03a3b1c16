/// Examines a running or stopped shop from outside, and says what to do.
enum DoctorCommand: Command {
    static let name = "doctor"
    static let summary =
        "examines the data of a running or stopped shop: identities, integrity, positions, outboxes, sums"
    static let forms = [
        Form("", .none, summary, options: [.data, .config, .format]) { arguments in
            let format = arguments.format
            try ShopStores.run(arguments) { stores in
                let findings = try await Examination(stores: stores).findings()
                Console.write(try table(findings).rendered(as: format))
                let faults = findings.count { $0.state == .fault }
                if format == .table { Console.write(advice(findings, faults)) }
                if faults > 0 { throw ExitCode(code: ExitCode.failure) }
            }
        }
    ]

    private static func table(_ findings: [Finding]) -> Table {
        var table = Table([
            .init("SUBJECT"), .init("CHECK"), .init("STATE", isStatus: true), .init("FINDING", isFlexible: true),
            .init("WHAT TO DO", key: "advice", isFlexible: true),
        ])
        for finding in findings {
            table.add(finding.subject, finding.check, finding.state.rawValue, finding.text, finding.advice)
        }
        return table
    }

    /// The findings in full, since a table may be cut at a terminal.
    private static func advice(_ findings: [Finding], _ faults: Int) -> String {
        let said = findings.filter { $0.state != .ok }.map { finding in
            "  \(finding.subject), \(finding.check): \(finding.text).\n    \(finding.advice ?? "")\n"
        }
        let verdict = faults == 0 ? "Nothing needs attention.\n" : "\(faults) findings need attention.\n"
        return "\n" + said.map { Printable.text($0, keepingLines: true) }.joined() + verdict
    }
}
