import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Runs reconciliations: on request and now and then by itself, from where the last one ended, one period after the
/// other.
struct Reconciling: Sendable {
    let context: ServiceEnvironment
    let reports: Repository<ReconciliationReport>
    let states: Repository<JobState>
    let ledger: Ledger
    let payments: Repository<Payment>
    let differences: DifferenceBook
    let windows: WindowReconciling
    let settings: PaymentSettings
    private let wanted = Signal()
    private let metrics: ReconciliationMetrics
    private static let stateId = "reconciliation"
    /// How long a request waits for the run that it asks for.
    private static let patience = Duration.seconds(10)

    init(
        context: ServiceEnvironment, payments: Repository<Payment>, ledger: Ledger,
        reports: Repository<ReconciliationReport>, states: Repository<JobState>, differences: DifferenceBook,
        windows: WindowReconciling, settings: PaymentSettings
    ) {
        self.context = context
        self.payments = payments
        self.ledger = ledger
        self.reports = reports
        self.states = states
        self.differences = differences
        self.windows = windows
        self.settings = settings
        metrics = ReconciliationMetrics(context.metrics)
    }

    /// `POST /api/reconciliations`: 201 with what it found, 202 while it is under way, 503 if it could not be ended.
    func request(_ request: Request) async throws -> Response {
        let id = try await begun().id
        wanted.raise()
        let end = context.loop.uptime + Self.patience
        var report = try await reports.find(id)
        while report?.state == .running, context.loop.uptime < end {
            try await context.loop.sleep(for: .milliseconds(50))
            report = try await reports.find(id)
        }
        guard let report else { throw Problem.notFound("reconciliation \(id)") }
        guard report.state != .failed else {
            throw Problem.unavailable(
                "The provider's statement cannot be had now: \(report.failure ?? "-")",
                dependency: PaymentAnswer.provider)
        }
        var response = try Response.json(report, status: report.state == .running ? 202 : 201)
        response.headers.add("Location", "/api/reconciliations/\(id)")
        return response
    }

    /// By hand, and no `Job`: one period of the statement follows the other, and no row says that it is due.
    func run() async throws {
        var next = context.loop.uptime + settings.reconcileInterval
        while true {
            try Task.checkCancellation()
            do {
                // One that a process began and did not end is ended by the next.
                if let report = try await underWay() { try await perform(report) }
            } catch {
                try Task.checkCancellation()
                context.log.warning("a reconciliation could not run this time", metadata: [.error: .error(error)])
                try await context.loop.sleep(for: .seconds(1))
                continue
            }
            await wanted.wait(on: context.loop, atMost: max(next - context.loop.uptime, .zero))
            if context.loop.uptime >= next {
                next = context.loop.uptime + settings.reconcileInterval
                _ = try? await begun()
            }
        }
    }

    private func underWay() async throws -> ReconciliationReport? {
        let state = try await states.find(Self.stateId)
        guard let id = state?.lastId, let report = try await reports.find(id), report.state == .running else {
            return nil
        }
        return report
    }

    /// The run that is under way, or a new one.
    private func begun() async throws -> ReconciliationReport {
        let newId = context.identifiers.next("REC-")
        let now = context.loop.now
        return try await context.transaction(onConflict: .retry) { tx in
            let known = try await states.find(Self.stateId, in: tx)
            var state = known ?? JobState(id: Self.stateId)
            if let id = state.lastId, let report = try await reports.find(id, in: tx), report.state == .running {
                return report
            }
            var report = ReconciliationReport(id: newId, startedAt: now)
            let recent = now - settings.reconcileWindow
            // Before the first run: from the first movement on.
            let first = try await ledger.entries.first(
                where: [.greaterOrEqual("movedAt", 0)], sort: [Sort("movedAt")], in: tx)?.bookedAt
            report.start = min(state.doneUntil ?? min(first ?? recent, recent), now) - settings.reconcileOverlap
            report.end = now
            state.lastId = newId
            if known == nil { try await states.insert(state, in: tx) } else { try await states.update(state, in: tx) }
            return try await reports.insert(report, in: tx)
        }
    }

    private func perform(_ begun: ReconciliationReport) async throws {
        var report = begun
        let now = context.loop.now
        let end = report.end ?? now
        var start = report.doneUntil ?? report.start ?? now
        let from = start
        var found = ReconciliationFindings()
        found.openReferences = Set(try await differences.open().map(\.reference))
        do {
            while start < end {
                let window = StatementWindow(start: start, end: min(start + settings.reconcileWindow, end))
                try await windows.reconcile(window, readAt: end, &found)
                start = window.end
                report = try await keep(progress(report, found, until: start), doneUntil: start)
            }
            try await closeOthers(found, since: from)
            report = progress(report, found, until: end)
            report.state = .done
        } catch let error as ProviderError {
            report = progress(report, found, until: start)
            report.state = .failed
            report.failure = error.description
            context.log.warning("a reconciliation could not be ended", metadata: ["reason": .string(error.description)])
        }
        report.finishedAt = context.loop.now
        report = try await keep(report, doneUntil: start)
        try await metrics.tell(differences.open(), found, at: context.loop.now)
    }

    private func progress(
        _ report: ReconciliationReport, _ found: ReconciliationFindings, until time: Timestamp
    ) -> ReconciliationReport {
        var report = report
        report.doneUntil = time
        report.statementLines = found.statementLines
        report.movements = found.movements
        report.bookings = found.bookings
        report.inFlight = found.inFlight
        report.adopted = found.adopted
        report.isBalanced = found.isBalanced
        report.differences = Array(found.differences.prefix(100))
        return report
    }

    private func keep(_ report: ReconciliationReport, doneUntil: Timestamp) async throws -> ReconciliationReport {
        try await context.transaction(onConflict: .retry) { tx in
            if var state = try await states.find(Self.stateId, in: tx) {
                state.doneUntil = max(state.doneUntil ?? doneUntil, doneUntil)
                try await states.update(state, in: tx)
            }
            return try await reports.update(report, in: tx)
        }
    }

    /// A difference of the period that was not found again is none any more.
    private func closeOthers(_ found: ReconciliationFindings, since: Timestamp) async throws {
        for difference in try await differences.open() where !found.ids.contains(difference.id) {
            let isCovered = difference.movedAt.map { $0 >= since } ?? (difference.openedAt >= since)
            guard isCovered || difference.kind == .ledger else { continue }
            if difference.kind == .ledger, try await !windows.ledgerAgrees(difference) { continue }
            try await differences.close(difference.id, "AGREES")
        }
    }
}
