import Messaging
import Storage
import StorageSQLite

/// One caller's events that wait to be durable.
struct Append: Sendable {
    let events: [CloudEvent]
    let continuation: CheckedContinuation<Void, any Error>
}

/// Stores what several callers append in one commit, then wakes the subscribers.
struct AppendBatch {
    let connection: Connection
    let tail: Tail
    let subscribers: Subscribers

    func run(_ appends: ArraySlice<Append>) {
        do {
            let logged = try store(appends)
            tail.add(logged)
            for append in appends { append.continuation.resume() }
            subscribers.wake(types: Set(logged.map(\.event.type)))
        } catch {
            for append in appends { append.continuation.resume(throwing: error) }
        }
    }

    private func store(_ appends: ArraySlice<Append>) throws -> [LoggedEvent] {
        try connection.beginWrite()
        do {
            var logged: [LoggedEvent] = []
            for append in appends {
                for event in append.events {
                    guard let position = try EventTable.insert(event, on: connection) else { continue }
                    logged.append(LoggedEvent(event: event, position: position))
                }
            }
            try connection.commit()
            return logged
        } catch {
            connection.rollBack()
            throw error
        }
    }
}
