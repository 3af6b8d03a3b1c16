public import FoundationEssentials
public import HTTP
import Kernel

/// What is asked of a participant.
public struct SagaCall: Sendable, Hashable {
    public let method: HTTPMethod
    /// With the query.
    public let path: String
    public let body: Data
    /// Sent as `Idempotency-Key`, the same with each try.
    public let key: String?

    public init(_ method: HTTPMethod, _ path: String, body: Data = Data(), key: String? = nil) {
        self.method = method
        self.path = path
        self.body = body
        self.key = key
    }

    /// A call with a JSON body. Values of the sagas' own types can always be encoded.
    public init(_ method: HTTPMethod, _ path: String, json body: some Encodable, key: String? = nil) {
        self.init(method, path, body: (try? JSON.encode(body)) ?? Data(), key: key)
    }
}
