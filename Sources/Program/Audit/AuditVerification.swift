import FoundationEssentials
import Kernel
import ServiceHost

/// Walks the chains of a shop, and remembers their ends in `shop.json` for the next time.
struct AuditVerification: Sendable {
    struct Report: Sendable {
        /// One line for each chain that is whole.
        var lines: [String] = []
        /// The first fault of each that is not.
        var faults: [String] = []
        /// The reason of each service that did not answer.
        var silent: [String] = []
    }
    private let office: AuditOffice
    private let expected: AuditHead?

    init(_ office: AuditOffice, expected: AuditHead?) {
        self.office = office
        self.expected = expected
    }

    func run() async throws -> Report {
        let file = ShopRecordFile(data: office.data)
        let remembered = try file.read().audits ?? [:]
        var (report, ends) = (Report(), [String: AuditHead]())
        for place in office.places {
            do {
                let known = [remembered[place.name], expected].compactMap(\.self)
                guard let end = try await walk(place, known) else {
                    report.lines.append("  \(place.name): no records")
                    continue
                }
                ends[place.name] = end
                let count = end.number == 1 ? "1 record" : "\(end.number) records"
                report.lines.append("  \(place.name): \(count), whole; the last is \(end.number):\(end.hash)")
            } catch let fault as AuditFault {
                report.faults.append(fault.description)
            } catch let error as Unreachable {
                report.silent.append("\(place.name): \(error.message)")
            }
        }
        let whole = ends
        if !whole.isEmpty, FileManager.default.fileExists(atPath: file.path) {
            try file.update { $0.audits = ($0.audits ?? [:]).merging(whole) { $1 } }
        }
        return report
    }

    private func walk(_ place: AuditOffice.Place, _ remembered: [AuditHead]) async throws -> AuditHead? {
        var chain = AuditChain(of: place.name, remembered: remembered)
        var bar: ProgressBar?
        while true {
            let page = try await office.chain(place, after: chain.last?.number ?? 0)
            for stored in page.records { try chain.take(stored) }
            let number = chain.last?.number ?? 0
            if !page.isEnd {
                // A chain of one page is walked at once.
                if bar == nil { bar = ProgressBar(place.name, total: Int(page.head?.number ?? number)) }
                bar?.show(Int(number))
                continue
            }
            bar?.show(Int(number))
            try chain.end(head: page.head)
            return chain.last
        }
    }
}
