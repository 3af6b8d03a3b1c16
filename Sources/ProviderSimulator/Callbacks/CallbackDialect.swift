import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Webhooks

/// How callbacks look in one dialect, and where they go.
protocol CallbackDialect: Sendable {
    /// `nil` if nobody is to be told.
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

/// The receiver.
struct CallbackTarget: Sendable {
    let client: ServiceClient
    let path: String

    /// At `url` where one is configured, else at `path` of the shop's payment service.
    init(_ url: String?, path: String, in context: ServiceEnvironment) throws {
        if let url, let place = context.externalEndpoint(url) {
            (client, self.path) = place
        } else {
            (client, self.path) = (try context.client(for: "payment"), path)
        }
    }
}

/// The dialects by name.
struct CallbackDialects: Sendable {
    let dialects: [DialectName: any CallbackDialect]

    subscript(name: DialectName) -> (any CallbackDialect)? { dialects[name] }
}

/// The simulator's own callbacks: `charge.succeeded`, `refund.refused`, `dispute.fundsWithdrawn` …, signed as Standard
/// Webhooks has it.
struct SimulatorCallbacks: CallbackDialect {
    let target: CallbackTarget?
    let secret: WebhookSecret
    let identifierPrefix = "CB-"

    /// Nothing of what is not decided, and nothing of a settlement.
    func bodies(about entry: BookEntry, ids: [String], at time: Timestamp) throws -> [Data] {
        guard entry.line.status != .pending, entry.news != .settled else { return [] }
        let charge = entry.line.message()
        let end = charge.stage?.rawValue ?? (charge.status == .refused ? "refused" : "succeeded")
        return [try JSON.encode(SimulatorCallback(type: "\(charge.action.rawValue).\(end)", charge: charge))]
    }

    func delivery(
        of callback: PendingCallback, signedAt: Timestamp, isForged: Bool
    ) throws -> (headers: Headers, body: Data) {
        let body = Data(callback.body.utf8)
        var headers = StandardWebhook.headers(id: callback.id, body: body, secret: secret, at: signedAt)
        if isForged { headers["webhook-signature"] = "v1,d3Jvbmc=" }
        return (headers, body)
    }
}
