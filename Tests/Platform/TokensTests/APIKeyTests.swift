import Kernel
import Testing

@testable import Tokens

@Suite struct APIKeyTests {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)

    /// Numbers that differ, and repeat in every run.
    private static func key(_ seed: UInt64) -> APIKey {
        var state = seed
        return APIKey {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }

    private static func record(
        _ key: APIKey, name: String = "till", roles: [String] = ["operator"], expires: Duration? = nil
    ) -> APIKeyRecord {
        APIKeyRecord(
            key, name: name, roles: roles, rateClass: nil, createdAt: now, expiresAt: expires.map { now + $0 })
    }

    private static func ring(_ records: APIKeyRecord...) throws -> APIKeyRing {
        var ring = APIKeyRing()
        for record in records { try ring.add(record) }
        return ring
    }

    @Test func a_key_has_a_prefix_an_identifier_and_192_random_bits() throws {
        let key = Self.key(1)
        #expect(key.text.hasPrefix("sk_sambal_\(key.identifier)_"))
        #expect(key.identifier.count == 12 && key.text.count == 10 + 12 + 1 + 48)
        let read = try #require(APIKey(key.text))
        #expect(read.identifier == key.identifier && read.hash == key.hash)
        #expect(Self.key(2).text != key.text)
        // SHA-256 of the whole text (sha256sum of coreutils).
        let known = try #require(APIKey("sk_sambal_0123456789ab_" + String(repeating: "0123456789abcdef", count: 3)))
        #expect(known.hash == "ed31bfb58d749c361208de6468feb073a504126ba4a25d1ad59c920a38fac940")
    }

    @Test func a_text_that_differs_is_another_key_or_none() {
        let text = Self.key(1).text
        for wrong in [
            "", "sk_sambal_", text.uppercased(), " " + text, text + " ", text + "0", String(text.dropLast()),
            text.replacing("sk_sambal_", with: "sk-sambal-"), String(text.dropLast()) + "g",
            String(text.dropLast()) + "ä", text.replacing("_", with: "-"),
        ] {
            #expect(APIKey(wrong) == nil, "\(wrong)")
        }
    }

    @Test func a_known_key_is_its_caller_until_it_expires() throws {
        let key = Self.key(1)
        let ring = try Self.ring(Self.record(Self.key(2), name: "other"), Self.record(key, expires: .seconds(60)))
        let caller = try ring.caller(of: key.text, at: Self.now)
        #expect(caller.subject == "till" && caller.roles == ["operator"] && caller.issuer == "sambal-api-keys")
        #expect(caller.expires == Self.now + .seconds(60))
        _ = try ring.caller(of: key.text, at: Self.now + .milliseconds(59_999))
        #expect(throws: APIKeyRefusal.expired) { try ring.caller(of: key.text, at: Self.now + .seconds(60)) }
    }

    @Test func a_key_with_a_known_identifier_and_another_secret_is_unknown() throws {
        let key = Self.key(1)
        let ring = try Self.ring(Self.record(key))
        let last = key.text.last == "0" ? "1" : "0"
        #expect(throws: APIKeyRefusal.unknown) { try ring.caller(of: key.text.dropLast() + last, at: Self.now) }
        #expect(throws: APIKeyRefusal.unknown) { try ring.caller(of: Self.key(2).text, at: Self.now) }
        #expect(throws: APIKeyRefusal.malformed) { try ring.caller(of: key.identifier, at: Self.now) }
        // The hash is no key.
        #expect(throws: APIKeyRefusal.malformed) { try ring.caller(of: key.hash, at: Self.now) }
    }

    @Test func a_revoked_key_stays_revoked_and_keeps_its_time() throws {
        let key = Self.key(1)
        var ring = try Self.ring(Self.record(key))
        #expect(ring.revoke("0123456789ab", at: Self.now) == nil)
        #expect(ring.revoke(key.identifier, at: Self.now) == true)
        #expect(ring.revoke(key.identifier, at: Self.now + .seconds(9)) == false)
        #expect(ring.records[0].revokedAt == Self.now)
        #expect(throws: APIKeyRefusal.revoked) { try ring.caller(of: key.text, at: Self.now) }
    }

    @Test func the_file_has_no_key_and_is_read_as_it_was_written() throws {
        let (key, other) = (Self.key(1), Self.key(2))
        var ring = try Self.ring(Self.record(key, expires: .seconds(1)), Self.record(other, roles: []))
        _ = ring.revoke(other.identifier, at: Self.now)
        let text = try ring.text
        #expect(!text.contains(key.text) && !text.contains(key.text.suffix(48)))
        let read = try APIKeyRing(json: Array(text.utf8))
        #expect(read.records == ring.records)
        #expect(throws: APIKeyRefusal.revoked) { try read.caller(of: other.text, at: Self.now) }
        #expect(try read.caller(of: key.text, at: Self.now).subject == "till")
    }

    @Test func keys_that_ended_long_ago_are_forgotten_and_still_refused() throws {
        let (key, old) = (Self.key(1), Self.key(2))
        var ring = try Self.ring(Self.record(old, expires: .seconds(1)), Self.record(key))
        ring.forget(endedBefore: Self.now + .seconds(2))
        #expect(ring.records.map(\.id) == [key.identifier])
        #expect(throws: APIKeyRefusal.unknown) { try ring.caller(of: old.text, at: Self.now) }
        #expect(try ring.caller(of: key.text, at: Self.now).subject == "till")
    }

    @Test(arguments: [
        ("", "is no file of API keys"), ("[]", "is no file of API keys"), ("{\"keys\":[{\"id\":\"x\"}]}", "is no file"),
        ("{\"keys\":[RECORD,RECORD]}", "has two keys with the identifier"),
        ("{\"keys\":[RECORD]}", ""),
        ("{\"keys\":[RECORD],\"until\":1}", "is no file of API keys: until cannot be read"),
        ("{\"keys\":[MORE]}", "is no file of API keys: keys[0].scopes cannot be read: is not known to this version"),
    ])
    func a_file_that_is_none_is_refused(text: String, reason: String) throws {
        let record = try String(decoding: JSON.bytes(of: Self.record(Self.key(1))), as: UTF8.self)
        let more = record.dropLast() + ",\"scopes\":[]}"
        let bytes = Array(text.replacing("RECORD", with: record).replacing("MORE", with: more).utf8)
        guard !reason.isEmpty else {
            #expect(try APIKeyRing(json: bytes).records.count == 1)
            return
        }
        let fault = #expect(throws: APIKeyFault.self) { try APIKeyRing(json: bytes) }
        #expect(fault?.description.hasPrefix(reason) == true, "\(String(describing: fault))")
    }

    @Test(arguments: [
        ("till", ["a,b"]), ("till", ["a b"]), ("till", ["Ö"]), ("till", [""]), ("", ["a"]), ("a b", []), ("Ö", []),
        ("a\r\nX", []), (String(repeating: "a", count: 65), []),
    ])
    func a_record_that_could_not_be_passed_on_as_it_is_is_refused(name: String, roles: [String]) throws {
        var ring = APIKeyRing()
        #expect(throws: APIKeyFault.self) { try ring.add(Self.record(Self.key(1), name: name, roles: roles)) }
        #expect(ring.records.isEmpty)
    }
}
