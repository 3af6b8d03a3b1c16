import FoundationEssentials
import HTTP
import Kernel
import ServiceHost

/// How callbacks look in one dialect, and where they go.
protocol CallbackDialect: Sendable {
    /// `nil` where nobody is to be told.
    var target: CallbackTarget? { get }

    /// The callbacks that tell of a new line, as JSON, in the order of sending.
    func bodies(about entry: BookEntry, ids: [String], at time: Timestamp) throws -> [Data]

    /// The callback as it travels. `signedAt` is the time in its signature; `isForged` spoils the signature.
    func delivery(
        of callback: PendingCallback, signedAt: Timestamp, isForged: Bool
    ) throws -> (headers: Headers, body: Data)
}

extension CallbackDialect {
    /// What the provider calls its callbacks.
    var identifierPrefix: String { "CB-" }
}

/// Who is told.
struct CallbackTarget: Sendable {
    let peer: Peer
    let path: String
}

/// The dialects by name.
struct CallbackDialects: Sendable {
    let dialects: [DialectName: any CallbackDialect]

    subscript(name: DialectName) -> (any CallbackDialect)? { dialects[name] }
}
