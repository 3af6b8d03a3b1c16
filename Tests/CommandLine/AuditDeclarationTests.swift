import Foundation
import HTTP
import Kernel
import ServiceHost
import Testing

@testable import SambalProgram

/// Every route that changes something says whether its changes are audited.
@Suite struct AuditDeclarationTests {
    private static let commands = Catalogue.outlines.flatMap { outline in
        outline.routes.filter { !$0.method.isSafe }.map { (outline, $0) }
    }

    @Test func every_command_is_audited_or_says_why_not() {
        #expect(Self.commands.count > 60)
        for (service, route) in Self.commands {
            let name = "\(service.name): \(route.method) \(route.pattern)"
            switch route.audit {
            case nil: Issue.record("\(name) needs .audited(as:), .auditedForCallers(as:) or .notAudited(because:)")
            case .notAudited(let reason): #expect(reason.utf8.count > 20, "\(name) needs a reason")
            case .audited, .auditedForCallers:
                #expect(service.kind.hasDatabase, "\(name) has no database for the record")
                #expect(
                    route.audit?.operation?.wholeMatch(of: /[a-z]+\.[a-z]+/) != nil,
                    "\(name): operations are named like order.refund")
            }
        }
        for (service, route) in Catalogue.outlines.flatMap({ outline in outline.routes.map { (outline, $0) } })
        where route.method.isSafe {
            #expect(route.audit == nil, "\(service.name): \(route.pattern) changes nothing")
        }
    }

    @Test func what_operators_do_is_audited_whoever_asks() throws {
        let audited = Set(
            Self.commands.compactMap { service, route in
                if case .audited(let operation) = route.audit { "\(service.name) \(operation)" } else { nil }
            })
        for expected in [
            "order order.refund", "order order.cancel", "payment payment.capture", "payment payment.void",
            "payment payment.refund", "payment ledger.adjust", "payment difference.explain",
            "payment reconciliation.run", "product stock.adjust", "product product.change", "delivery delivery.cancel",
            "psp faults.change", "psp faults.end", "psp charge.refund", "order task.resolve", "payment task.resolve",
            "cart saga.retry", "cart saga.resume", "cart saga.compensate", "order saga.retry",
        ] {
            #expect(audited.contains(expected), "\(expected)")
        }
    }

    /// The reasons, and the operations, are those of docs/audit.md.
    @Test func the_documentation_has_every_operation_and_every_reason() throws {
        let text = try String(contentsOf: RepositoryFile.url("docs/audit.md"), encoding: .utf8).split(
            whereSeparator: \.isWhitespace
        ).joined(separator: " ")
        for (service, route) in Self.commands {
            if let operation = route.audit?.operation {
                #expect(text.contains("`\(operation)`"), "\(service.name): \(operation)")
            }
            if case .notAudited(let reason)? = route.audit {
                #expect(text.contains(reason), "\(service.name) \(route.pattern): \(reason)")
            }
        }
        for operation in ["deadletter.edit", "deadletter.retry", "deadletter.drop", "readmodel.rebuild"] {
            #expect(text.contains("`\(operation)`"))
        }
    }
}
