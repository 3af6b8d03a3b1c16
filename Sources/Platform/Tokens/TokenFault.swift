/// The reason why a token is not accepted. It never holds any part of the token.
public struct TokenFault: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// It is not a compact JSON Web Signature whose header and claims can be read.
        case malformed
        /// It asks for something that is never done: an unknown algorithm, no signature, keys that it brings itself.
        case unsupported
        /// Nobody who is trusted has issued it.
        case issuer
        /// The issuer has no key of that name for that algorithm.
        case unknownKey = "unknown_key"
        case signature
        case expired
        /// Its time has not come yet.
        case early
        case audience
        /// A claim that every token needs is missing or of the wrong type.
        case claims
        /// The keys of its issuer could not be loaded: the token may be good.
        case keysUnavailable = "keys_unavailable"
    }
    public let code: Code
    /// A sentence for people.
    public let message: String
    public var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// Bounds on tokens and keys, which are checked before anything is made of them.
public enum TokenLimits {
    /// Bytes of a token. A request's header fields have 8 KiB together.
    public static let bytes = 8 << 10
    /// Objects and lists inside each other, in a token's header and in its claims.
    public static let depth = 8
    /// Values in a token's header, and in its claims.
    public static let values = 512
    /// Keys of one set.
    public static let keys = 64
    /// Bytes of one set.
    public static let keySetBytes = 256 << 10
    /// Keys that one token without a `kid` is tried with.
    public static let candidates = 4
    /// Bytes of a subject.
    public static let subject = 255
    /// Tokens whose verification is remembered: twice as many, at most.
    public static let remembered = 2000
    /// A longer token is verified each time.
    public static let rememberedBytes = 4096
    /// Requests that wait for the keys of one issuer.
    public static let waiting = 64
}
