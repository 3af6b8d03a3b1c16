public import HTTP
public import Storage

extension Route {
    /// The same route, which says that it reads an `Idempotency-Key`.
    public func keyed(isRequired: Bool = false) -> Route {
        reading(header: IdempotencyKey.header, isRequired: isRequired)
    }

    /// The same route, answered once per `Idempotency-Key`: `route.idempotent(store, on: database)`.
    ///
    /// For handlers whose own work may be begun again after a crash. The answer is stored in a transaction after the
    /// handler's; a handler that must not run twice calls `begin` and `complete` in its own transaction instead, as the
    /// services do with money. Answers below 500 are stored, success or error. After a 5xx, or a crash, the key is free
    /// again once the lease has ended, and the work is done anew.
    public func idempotent(
        _ store: IdempotencyStore, on database: any Database, required: Bool = false, lease: Duration = .seconds(30)
    ) -> Route {
        let inner = handler
        return keyed(isRequired: required).handled(alsoGiving: [409, 422]) { request in
            guard let key = try IdempotencyKey(request, required: required) else {
                return try await inner(request)
            }
            let beginning = try await database.transaction { tx in
                try await store.begin(key, for: request, subject: "", lease: lease, in: tx)
            }
            let claim: IdempotencyClaim
            switch beginning {
            case .replay(let response): return response
            case .started(let started): claim = started
            case .resumed(let resumed, _): claim = resumed
            }
            let response: Response
            do { response = try await inner(request) } catch { response = Problem(error).response() }
            guard response.status < 500 else { return response }
            // What is under way, or asks to come again, is not the answer yet.
            let isPassing = response.status == 202 || response.headers["Retry-After"] != nil
            try await database.transaction { tx in
                if isPassing {
                    try await store.release(claim, in: tx)
                } else {
                    try await store.complete(claim, with: response, in: tx)
                }
            }
            return response
        }
    }
}
