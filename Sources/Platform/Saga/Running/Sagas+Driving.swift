import HTTP
import Kernel
import ServiceHost
import Storage
import Telemetry

extension Sagas {
    /// Asks one participant after the other until the saga waits, ends, or has to be tried again later. Each answer is
    /// durable before the next participant is asked.
    ///
    /// Participants are asked for the service itself, also while the request waits that began the saga: a later try has no
    /// caller, and its keys would otherwise be others than those of the first.
    public func drive(_ instance: SagaInstance<State>) async throws {
        let trace = instance.traceparent.flatMap(TraceContext.init)?.child(random: context.loop.random)
        try await Caller.acting(for: nil) {
            try await TraceContext.$current.withValue(trace ?? TraceContext.current) {
                try await AuditTrail.suspended { try await takeSteps(of: instance) }
            }
        }
    }

    private func takeSteps(of instance: SagaInstance<State>) async throws {
        var current = instance
        while let call = current.call(in: definition) {
            let reply = await ask(call, of: current)
            guard let next = try await record(reply, for: current) else { return }
            current = next
        }
    }

    private func ask(_ call: SagaCall, of instance: SagaInstance<State>) async -> SagaReply {
        let participant = definition.steps[instance.position].participant
        guard let client = clients[participant] else {
            return .failure(TransportError(.unreachable, "there is no service \(participant)"))
        }
        if instance.tries > 0 { context.countRetry(of: participant) }
        var headers: Headers = call.body.isEmpty ? [:] : ["Content-Type": "application/json"]
        if let key = call.key { headers.add("Idempotency-Key", key) }
        for (name, value) in call.fields.sorted(by: { $0.key < $1.key }) { headers.add(name, value) }
        do {
            return .response(
                try await client.send(
                    call.method, call.path, headers: headers, body: call.body, timeout: settings.callTimeout))
        } catch {
            return .failure(error)
        }
    }

    /// The saga as it goes on from here; `nil` if it does not at present, or somebody else drives it.
    private func record(
        _ reply: SagaReply, for asked: SagaInstance<State>
    ) async throws -> SagaInstance<State>? {
        var next = asked
        next.receive(reply, in: definition, at: context.loop.now)
        // A step that only read is not worth a write: it is done again after a crash.
        if definition.steps[asked.position].isReadOnly, next.status == .running, next.position != asked.position {
            return next
        }
        do {
            return try await keep(next)
        } catch let error as StorageError where error.code == .versionConflict {
            // A signal came meanwhile. The answer still counts where the saga is still at that step.
            guard var stored = try await repository.find(asked.id), !stored.status.isEnded else { return nil }
            if stored.position == asked.position, stored.status == asked.status {
                stored.receive(reply, in: definition, at: context.loop.now)
                return try await keep(stored)
            }
            return stored.status == .running || stored.status == .compensating ? stored : nil
        }
    }

    private func keep(_ instance: SagaInstance<State>) async throws -> SagaInstance<State>? {
        var next = instance
        let isTriedLater = next.tries > 0
        if !isTriedLater { hold(&next) }
        let stored = try await context.transaction { [next] tx in try await self.store(next, in: tx) }
        return isTriedLater ? nil : stored
    }
}
