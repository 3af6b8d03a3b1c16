import Kernel

/// Remembers tokens that were verified, so that the next request with the same one costs a look-up. A value, without clock
/// or lock.
///
/// Two generations bound the number of tokens: when the younger one is full it becomes the older one, and the one before is
/// dropped. Tokens are compared as a whole, not by a hash of theirs.
struct TokenCache: Sendable {
    private let tokensInGeneration: Int
    private var young: [String: VerifiedCaller] = [:]
    private var old: [String: VerifiedCaller] = [:]
    /// The state of the keys by which the tokens were verified.
    private var stamp = 0

    init(tokensInGeneration: Int = TokenLimits.remembered) {
        self.tokensInGeneration = tokensInGeneration
    }

    var count: Int { young.count + old.count }

    /// `nil` of a token that is not known, that has expired, or that was verified by other keys than those of `stamp`.
    mutating func caller(of token: String, at now: Timestamp, stamp: Int) -> VerifiedCaller? {
        guard stamp == self.stamp else {
            self = TokenCache(tokensInGeneration: tokensInGeneration)
            self.stamp = stamp
            return nil
        }
        if let caller = young[token] {
            if now < caller.expires { return caller }
            young[token] = nil
        } else if let caller = old.removeValue(forKey: token), now < caller.expires {
            insert(token, caller)
            return caller
        }
        return nil
    }

    mutating func remember(_ token: String, _ caller: VerifiedCaller, stamp: Int) {
        guard stamp == self.stamp, token.utf8.count <= TokenLimits.rememberedBytes else { return }
        insert(token, caller)
    }

    private mutating func insert(_ token: String, _ caller: VerifiedCaller) {
        if young.count >= tokensInGeneration {
            old = young
            young = [:]
        }
        young[token] = caller
    }
}
