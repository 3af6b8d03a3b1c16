import Kernel
import ServiceHost
import Storage

extension Sagas {
    /// Goes on with what signals woke, what is to be tried again, and what a process left behind that died.
    var job: Job<SagaInstance<State>> {
        Job(
            "\(State.saga) sagas", in: repository, context,
            JobPlan(due: "dueAt", every: settings.interval, atOnce: settings.maximumConcurrent), trigger: trigger,
            claim: { self.claim(&$0, at: $1) }, store: { try await self.store($0, in: $1) }, work: drive)
    }

    private func claim(_ instance: inout SagaInstance<State>, at time: Timestamp) -> Bool {
        instance.timeOut(in: definition, at: time)
        // A step that a later version of the definition has put in front may have nothing to ask of this one.
        instance.skipIdleSteps(in: definition, at: time)
        // Held for a while only: a saga that could not go on is found again then.
        hold(&instance)
        return true
    }
}
