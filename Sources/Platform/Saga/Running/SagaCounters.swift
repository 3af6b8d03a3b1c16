import Telemetry

/// The counters of one kind of saga.
struct SagaCounters: Sendable {
    let started: Counter
    private let completed: Counter
    private let compensated: Counter

    init(saga: String, metrics: MetricsRegistry) {
        started = metrics.counter("sambal_sagas_started_total", help: "Sagas that began.", labels: ["saga"])
            .labelled(saga)
        let ended = metrics.counter(
            "sambal_sagas_ended_total", help: "Sagas that ended, completed or compensated.", labels: ["saga", "status"])
        completed = ended.labelled(saga, SagaStatus.completed.rawValue)
        compensated = ended.labelled(saga, SagaStatus.compensated.rawValue)
    }

    func ended(_ status: SagaStatus) -> Counter { status == .completed ? completed : compensated }
}
