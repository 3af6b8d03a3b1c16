import Kernel
import Testing

@testable import Tokens

@Suite struct TokenCacheTests {
    private static let caller = VerifiedCaller(
        issuer: "i", subject: "s", roles: [], expires: Timestamp(milliseconds: 1000))

    @Test func a_token_is_remembered_until_it_expires() {
        var cache = TokenCache()
        #expect(cache.caller(of: "t", at: Timestamp(milliseconds: 0), stamp: 0) == nil)
        cache.remember("t", Self.caller, stamp: 0)
        #expect(cache.caller(of: "t", at: Timestamp(milliseconds: 999), stamp: 0) == Self.caller)
        #expect(cache.caller(of: "u", at: Timestamp(milliseconds: 999), stamp: 0) == nil)
        #expect(cache.caller(of: "t", at: Timestamp(milliseconds: 1000), stamp: 0) == nil)
        #expect(cache.count == 0)
    }

    @Test func other_keys_empty_it() {
        var cache = TokenCache()
        cache.remember("t", Self.caller, stamp: 0)
        #expect(cache.caller(of: "t", at: Timestamp(milliseconds: 0), stamp: 1) == nil)
        #expect(cache.count == 0)
        // Verified by the keys before.
        cache.remember("t", Self.caller, stamp: 0)
        #expect(cache.count == 0)
    }

    @Test func it_is_bounded_and_those_that_ask_stay() {
        var cache = TokenCache(tokensInGeneration: 10)
        cache.remember("mine", Self.caller, stamp: 0)
        for number in 0..<1000 {
            cache.remember("\(number)", Self.caller, stamp: 0)
            #expect(cache.caller(of: "mine", at: Timestamp(milliseconds: 0), stamp: 0) != nil)
            #expect(cache.count <= 20)
        }
    }

    @Test func a_long_token_is_not_remembered() {
        var cache = TokenCache()
        cache.remember(String(repeating: "t", count: TokenLimits.rememberedBytes + 1), Self.caller, stamp: 0)
        #expect(cache.count == 0)
    }
}
