public import FoundationEssentials
public import HTTP
import Kernel

/// A request to a participant.
public struct SagaCall: Sendable, Hashable {
    public let method: HTTPMethod
    /// The path with the query.
    public let path: String
    public let body: Data
    /// The `Idempotency-Key`, the same for every try.
    public let key: String?
    /// Further header fields, by their names.
    public private(set) var fields: [String: String] = [:]

    public init(_ method: HTTPMethod, _ path: String, body: Data = Data(), key: String? = nil) {
        self.method = method
        self.path = path
        self.body = body
        self.key = key
    }

    /// Returns the call with further header fields.
    public func with(_ fields: [(name: String, value: String)]) -> SagaCall {
        var call = self
        for field in fields { call.fields[field.name] = field.value }
        return call
    }

    /// Makes a call with a JSON body. The types that sagas send can always be encoded.
    public init(_ method: HTTPMethod, _ path: String, json body: some Encodable, key: String? = nil) {
        self.init(method, path, body: (try? JSON.encode(body)) ?? Data(), key: key)
    }
}
