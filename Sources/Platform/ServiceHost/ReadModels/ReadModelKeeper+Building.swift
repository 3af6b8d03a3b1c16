import HTTP
import Kernel
import Messaging
import Storage

extension ReadModelKeeper {
    /// Begins a build. Throws a 409 `Problem` while one is under way, or the log is not the one that was read.
    func begin() async throws -> ReadModelState {
        // It would never become level with what the old rows know of another log.
        if let refusal = consumer?.refusal { throw Problem(status: 409, detail: refusal) }
        let state = try await states.database.transaction { [self] tx in
            let known = try await states.find(service, in: tx)
            guard known?.phase ?? .idle == .idle else {
                throw Problem(status: 409, detail: "\(service) is being rebuilt already")
            }
            var state = known ?? ReadModelState(id: service)
            state.phase = .clearing
            state.startedAt = loop.now
            state.finishedAt = nil
            return try await known == nil ? states.insert(state, in: tx) : states.update(state, in: tx)
        }
        signal.raise()
        return state
    }

    /// Empties the side that will be built on, a little at a time; each time it is asked whether it is still to be done:
    /// another process may be building there already.
    func clear(_ begun: ReadModelState) async throws {
        var isDone = false
        while !isDone {
            isDone = try await states.database.transaction { [self] tx in
                guard var state = try await states.find(service, in: tx), state.phase == .clearing,
                    state.generation == begun.generation
                else { return true }
                if try await model.clear(state.nextSide, tx) { return false }
                if state.generation > 0 {
                    try await Consumer.forget(
                        ReadModelState.group(service, generation: state.generation - 1), in: tx)
                }
                state.phase = .building
                try await states.update(state, in: tx)
                return true
            }
        }
    }

    /// Lets callers read the new generation once it knows all that the old one does; tells whether it did.
    func exchange(_ begun: ReadModelState) async throws -> Bool {
        let (old, new) = (
            ReadModelState.group(service, generation: begun.generation),
            ReadModelState.group(service, generation: begun.generation + 1)
        )
        let isReady = try await states.database.read { [model] tx in
            guard try await Consumer.isLevel(new, with: old, in: tx) else { return false }
            return try await model.isSettled(begun.nextSide, tx)
        }
        guard isReady else { return false }
        return try await states.database.transaction { [self] tx in
            guard var state = try await states.find(service, in: tx), state.phase == .building,
                state.generation == begun.generation, try await Consumer.isLevel(new, with: old, in: tx)
            else { return false }
            state.generation += 1
            state.phase = .idle
            state.finishedAt = loop.now
            try await states.update(state, in: tx)
            return true
        }
    }
}
