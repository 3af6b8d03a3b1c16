import Kernel
import Testing

@Suite struct PrincipalTests {
    @Test(arguments: [
        Principal(issuer: "till", subject: "anna"),
        Principal(issuer: "https://id.example/realms/shop", subject: "a|b%"),
        Principal(issuer: "ä\r\n", subject: "유나"), Principal(issuer: "a|b", subject: "c"),
    ])
    func a_key_is_visible_ascii_and_read_as_it_was_written(_ principal: Principal) {
        #expect(principal.key.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        #expect(Principal(key: principal.key) == principal)
    }

    @Test func no_two_principals_share_a_key() {
        let parts = ["a", "b", "a|b", "|", "%7C", "a%7Cb", "A"]
        let principals = parts.flatMap { issuer in parts.map { Principal(issuer: issuer, subject: $0) } }
        #expect(Set(principals.map(\.key)).count == principals.count)
    }

    @Test(arguments: ["", "anna", "|", "a|", "|a", "a|b|c", "a|%", "a|%4", "a|%zz", "a|%FF"])
    func other_texts_are_no_keys(_ text: String) {
        #expect(Principal(key: text) == nil)
    }
}
