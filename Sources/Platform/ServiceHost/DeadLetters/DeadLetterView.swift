import Kernel
import Messaging
import REST

/// A dead letter as operators see it: the CloudEvents attributes of its event, and its state.
struct DeadLetterView: Codable, Sendable {
    let id: String
    let version: Int64
    /// The service that could not handle the event.
    let service: String
    /// `failed`, or `waiting` behind a failed event of the same subject.
    let state: String
    let error: String?
    let tries: Int
    let setAsideAt: Timestamp
    /// The partition of the event log that holds the event.
    let partition: String
    let position: Int64
    let eventId: String
    let source: String
    let type: String
    let subject: String
    let time: Timestamp
    let sequence: Int64
    let traceparent: String?
    /// The event's data; a JSON string if they are not JSON.
    let data: JSONDocument

    init(_ letter: DeadLetter, of service: String) {
        id = letter.id
        version = letter.version
        self.service = service
        state = letter.state.rawValue
        error = letter.error
        tries = letter.tries
        setAsideAt = letter.setAsideAt
        partition = letter.partition.description
        position = letter.position
        eventId = letter.event.id
        source = letter.event.source
        type = letter.event.type
        subject = letter.event.subject
        time = letter.event.time
        sequence = letter.event.sequence
        traceparent = letter.event.traceparent
        data =
            (try? JSON.decode(JSONDocument.self, from: letter.event.data))
            ?? .text(String(decoding: letter.event.data, as: UTF8.self))
    }
}

/// A change of a dead letter: a merge patch of the event's data.
struct DeadLetterPatch: Codable, Sendable {
    let data: JSONDocument
}

/// The outcome of a retry or a drop.
struct DeadLetterOutcome: Codable, Sendable {
    /// Events that took effect now.
    let handled: Int
    /// Letters that were given up.
    let dropped: Int
    /// Dead letters that failed again; each blocks the later events of its subject.
    let failed: [DeadLetterView]

    init(_ outcome: RetryOutcome, of service: String, dropped: Int = 0) {
        handled = outcome.handled
        self.dropped = dropped
        failed = outcome.failed.map { DeadLetterView($0, of: service) }
    }
}

/// A page of dead letters, for the OpenAPI document.
struct DeadLetterPage: Codable, Sendable {
    struct Embedded: Codable, Sendable {
        let deadLetters: [DeadLetterView]
    }
    struct Numbers: Codable, Sendable {
        let size: Int
        let totalElements: Int
        let totalPages: Int
        let number: Int
    }
    let _embedded: Embedded
    let page: Numbers
}
