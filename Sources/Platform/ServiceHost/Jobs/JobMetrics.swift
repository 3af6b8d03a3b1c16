import Kernel
import Telemetry

/// The metrics of one job, with its name as label.
struct JobMetrics: Sendable {
    let runs: Counter
    let failures: Counter
    let conflicts: Counter
    let oldest: Gauge
    let duration: Histogram

    init(_ job: String, _ metrics: MetricsRegistry) {
        runs = metrics.counter("sambal_job_runs_total", help: "Rows that a job worked on.", labels: ["job"])
            .labelled(job)
        failures = metrics.counter(
            "sambal_job_failures_total", help: "Rows whose work ended in an error, and looks that failed.",
            labels: ["job"]
        ).labelled(job)
        conflicts = metrics.counter(
            "sambal_job_conflicts_total",
            help: "Rows whose work ended because somebody else had changed them; they are looked at again.",
            labels: ["job"]
        ).labelled(job)
        oldest = metrics.gauge(
            "sambal_job_oldest_due_seconds",
            help:
                "How long the oldest due row has been due, measured at least once in the job's interval; 0 if none is.",
            labels: ["job"]
        ).labelled(job)
        duration = metrics.histogram(
            "sambal_job_duration_seconds", help: "How long the work on one row takes.", labels: ["job"]
        ).labelled(job)
    }
}
