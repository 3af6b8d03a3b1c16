import Foundation
import HTTP
import Kernel
import PaymentProviders
import Testing

@Suite struct MeaningTableTests {
    @Test(arguments: MeaningTable.all.flatMap { table in table.rows.map { (table, $0) } })
    func each_state_and_answer_means_what_the_table_says(_ table: MeaningTable, _ row: MeaningRow) async {
        for action in ProviderAction.allCases where row.meaning(of: action) != "-" {
            let call = table.call(action, .southKoreanWon)
            let expected = row.meaning(of: action)
            switch row.question {
            case .lookUp:
                let transport = FakeTransport(row.answers(call))
                let found = await table.make(transport).find(call)
                #expect(found.kind == expected, "\(table.provider), \(row), \(action): \(found)")
                // What is known of a movement is compared by the caller.
                if let report = found.report, expected == "succeeded" {
                    #expect(report.money == call.money, "\(table.provider), \(row), \(action)")
                }
            case .answer:
                for answer in row.answers(call) {
                    let transport = FakeTransport([answer])
                    let outcome = await table.make(transport).perform(call)
                    guard expected == "looked up" else {
                        #expect(outcome.kind == expected, "\(table.provider), \(row), \(action): \(outcome)")
                        #expect(transport.requests.count == 1)
                        continue
                    }
                    #expect(transport.requests.count > 1, "\(table.provider), \(row), \(action): \(outcome)")
                    // The look-up got no answer.
                    #expect(outcome.kind == "unknown", "\(table.provider), \(row), \(action): \(outcome)")
                }
            }
        }
    }

    /// To write it anew: run the tests with SAMBAL_WRITE_DOCS=1.
    @Test func the_document_shows_the_tables() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/providers.md")
            .standardizedFileURL
        var text = try String(contentsOf: file, encoding: .utf8)
        for table in MeaningTable.all {
            let (begin, end) = ("<!-- begin \(table.provider) -->\n", "\n<!-- end \(table.provider) -->")
            let start = try #require(text.range(of: begin)?.upperBound)
            let stop = try #require(text.range(of: end, range: start..<text.endIndex)?.lowerBound)
            if ProcessInfo.processInfo.environment["SAMBAL_WRITE_DOCS"] == "1" {
                text.replaceSubrange(start..<stop, with: table.markdown)
            } else {
                #expect(text[start..<stop] == table.markdown, "docs/providers.md is stale: \(table.provider)")
            }
        }
        if ProcessInfo.processInfo.environment["SAMBAL_WRITE_DOCS"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
    }

    /// A gap would be a state that nobody decided about.
    @Test func no_row_is_without_a_source() {
        for table in MeaningTable.all {
            #expect(table.rows.allSatisfy { !$0.source.isEmpty && $0.means.count == ProviderAction.allCases.count })
            #expect(Set(table.rows.map(\.description)).count == table.rows.count)
        }
    }
}
