import Foundation
import Testing

extension EndToEnd {
    /// Every fault of the provider, on the way of an order, a refund and a cancellation, with and without a `kill -9` in between.
    @Suite struct FaultMatrixTests {
        /// So many shops at once: they wait most of the time.
        private static let atOnce = 4

        @Test(.timeLimit(.minutes(10)))
        func every_fault_ends_in_one_capture_one_refund_and_books_that_agree() async throws {
            let outcomes = try await measured()
            #expect(outcomes.count == Fault.allCases.reduce(0) { $0 + FaultCell.all(of: $1).count })
            let text = FaultMatrixDocument.text(outcomes)
            if ProcessInfo.processInfo.environment["WRITE_FAULT_MATRIX"] != nil {
                try text.write(to: FaultMatrixDocument.file, atomically: true, encoding: .utf8)
            }
            let written = try? String(contentsOf: FaultMatrixDocument.file, encoding: .utf8)
            #expect(text == written, "docs/fault-matrix.md is stale: make fault-matrix writes it anew")
        }

        private func measured() async throws -> [FaultCell: FaultCell.Outcome] {
            try await withThrowingTaskGroup(of: [FaultCell: FaultCell.Outcome].self) { group in
                var waiting = Fault.allCases[...]
                for fault in waiting.prefix(Self.atOnce) { group.addTask { try await measured(fault) } }
                waiting = waiting.dropFirst(Self.atOnce)
                var outcomes: [FaultCell: FaultCell.Outcome] = [:]
                while let some = try await group.next() {
                    outcomes.merge(some) { $1 }
                    if let fault = waiting.popFirst() { group.addTask { try await measured(fault) } }
                }
                return outcomes
            }
        }

        private func measured(_ fault: Fault) async throws -> [FaultCell: FaultCell.Outcome] {
            let faulted = try FaultedShop(fault)
            try await faulted.start()
            var outcomes: [FaultCell: FaultCell.Outcome] = [:]
            for cell in FaultCell.all(of: fault) {
                let outcome = try await cell.run(on: faulted)
                #expect(outcome == cell.expected, "\(cell)")
                outcomes[cell] = outcome
            }
            return outcomes
        }
    }
}
