public import Messaging
public import Storage

extension ServiceEnvironment {
    /// The service's aggregates of one kind. What one of them has recorded is published through the outbox in the
    /// transaction that inserts, updates or deletes it: about its subject, with the version that is stored, and with the
    /// next one of an aggregate that is deleted.
    public func repository<Root: Aggregate>(of type: Root.Type) throws -> Repository<Root> {
        let publisher = AggregatePublisher(context: self)
        return Repository(try database) { aggregate in
            guard !aggregate.recorded.isEmpty else { return nil }
            let events = aggregate.recorded.takeAll()
            return { stored, tx in
                try await events.publish(by: publisher, about: stored.eventSubject, version: stored.version, in: tx)
            }
        }
    }

    /// Publishes what an aggregate has recorded that was stored before, for a policy that changes nothing more. Its
    /// version is the stored one.
    public func publish(recordedBy aggregate: some Aggregate, in tx: any Transaction) async throws {
        try await aggregate.recorded.publish(
            by: AggregatePublisher(context: self), about: aggregate.eventSubject, version: aggregate.version, in: tx)
    }
}

/// Holds the context once for all that is published.
private final class AggregatePublisher: EventPublishing {
    let context: ServiceEnvironment

    init(context: ServiceEnvironment) {
        self.context = context
    }

    func publish(
        _ payload: some EventPayload, about subject: String, version: Int64, in tx: any Transaction
    ) async throws {
        try await context.publish(payload, about: subject, version: version, in: tx)
    }
}
