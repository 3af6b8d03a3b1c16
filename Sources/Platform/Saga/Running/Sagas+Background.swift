import Kernel
public import ServiceHost
import Storage
import Telemetry

extension Sagas {
    /// Goes on with what signals woke, what is to be tried again, and what a process left behind that died.
    public var background: ServiceParts.Background {
        .init("\(State.saga) sagas") { try await self.run() }
    }

    private func run() async throws {
        var nextLook = context.loop.now
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                try Task.checkCancellation()
                if context.loop.now >= nextLook {
                    await findDue(atMost: ready.room(limit: settings.maximumConcurrent))
                    nextLook = context.loop.now + settings.interval
                }
                for instance in ready.take(limit: settings.maximumConcurrent) {
                    group.addTask {
                        await self.driveAlone(instance)
                        self.ready.finish()
                    }
                }
                await ready.wake.wait(on: context.loop, atMost: settings.interval)
            }
        }
    }

    private func driveAlone(_ instance: SagaInstance<State>) async {
        do {
            try await drive(instance)
        } catch is CancellationError {
        } catch {
            // It is held for a while only, then found again.
            context.log.warning(
                "a saga could not go on this time", ["saga": .string(instance.id), .error: .error(error)])
        }
    }

    private func findDue(atMost limit: Int) async {
        do {
            let due = try await repository.all(
                Query(
                    where: [.lessOrEqual("dueAt", FieldValue(context.loop.now))], sort: [Sort("dueAt")],
                    limit: max(1, min(limit, 100))))
            for instance in due {
                if let claimed = try await claim(instance) { ready.add(claimed) }
            }
        } catch {
            context.log.warning("sagas could not be read this time", [.error: .error(error)])
        }
    }

    /// `nil` where somebody else was faster.
    private func claim(_ instance: SagaInstance<State>) async throws -> SagaInstance<State>? {
        var claimed = instance
        claimed.timeOut(in: definition, at: context.loop.now)
        // A step that a later version of the definition has put in front may have nothing to ask of this one.
        claimed.skipIdleSteps(in: definition, at: context.loop.now)
        hold(&claimed)
        do {
            return try await context.transaction { [claimed] tx in try await self.store(claimed, in: tx) }
        } catch let error as StorageError where error.code == .versionConflict {
            return nil
        }
    }
}
