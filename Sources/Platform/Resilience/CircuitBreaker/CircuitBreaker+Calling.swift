extension CircuitBreaker {
    /// How a call went, as far as it says something about the destination.
    public enum Verdict: Sendable, Hashable {
        case success, failure
        /// No connection came about.
        case unreachable
        /// The call says nothing about the destination: it was cancelled, refused on the way, or never made.
        case withdrawn
    }

    /// Makes a call if the circuit lets it through, and notes how it went.
    public func call<Value>(_ body: () async -> (value: Value, verdict: Verdict)) async throws(Rejection) -> Value {
        let permit = try admit()
        let (value, verdict) = await body()
        finish(permit, CircuitBreakerMachine.Result(verdict))
        return value
    }

    /// Notes a failure of a call that had gone well so far: an answer that was cut off after it had begun.
    public func noteFailure() {
        guard let permit = try? admit() else { return }
        finish(permit, .failure)
    }
}

extension CircuitBreakerMachine.Result {
    fileprivate init(_ verdict: CircuitBreaker.Verdict) {
        self =
            switch verdict {
            case .success: .success
            case .failure: .failure
            case .unreachable: .unreachable
            case .withdrawn: .withdrawn
            }
    }
}
