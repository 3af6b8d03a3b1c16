import FoundationEssentials
import HTTP
import Kernel
import ServiceHost

/// How callbacks look in one dialect, and where they go.
protocol CallbackDialect: Sendable {
    /// `nil` where nobody is to be told.
    var target: CallbackTarget? { get }

    /// How the provider's names for its callbacks begin.
    var identifierPrefix: String { get }

    /// The callbacks that tell of a new line, as JSON, in the order of sending.
    func bodies(about entry: BookEntry, ids: [String], at time: Timestamp) throws -> [Data]

    /// The callback as it travels. `signedAt` is the time in its signature; `isForged` spoils the signature.
    func delivery(
        of callback: PendingCallback, signedAt: Timestamp, isForged: Bool
    ) throws -> (headers: Headers, body: Data)
}

/// Who is told.
struct CallbackTarget: Sendable {
    let peer: Peer
    let path: String

    /// At `url` where one is configured, else at `path` of the shop's payment service.
    init(_ url: String?, path: String, in context: ServiceContext) throws {
        if let url, let place = context.address(url) {
            (peer, self.path) = place
        } else {
            (peer, self.path) = (try context.peer("payment"), path)
        }
    }
}

/// The dialects by name.
struct CallbackDialects: Sendable {
    let dialects: [DialectName: any CallbackDialect]

    subscript(name: DialectName) -> (any CallbackDialect)? { dialects[name] }
}
