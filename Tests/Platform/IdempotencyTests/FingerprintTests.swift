import FoundationEssentials
import HTTP
import Testing

@testable import Idempotency

@Suite struct FingerprintTests {
    /// The published vectors of FNV-1a with 128 bits.
    @Test(arguments: [
        ("", "6c62272e07bb014262b821756295c58d"),
        ("a", "d228cb696f1a8caf78912b704e4a8964"),
        ("foobar", "343e1662793c64bf6f0d3597ba446f18"),
    ])
    func is_FNV_1a(text: String, hash: String) {
        #expect(Fingerprint(of: text.utf8).description == hash)
    }

    @Test func tells_method_path_query_and_body_apart() {
        let requests = [
            Request(method: .post, path: "/orders", body: Data("{}".utf8)),
            Request(method: .put, path: "/orders", body: Data("{}".utf8)),
            Request(method: .post, path: "/orders{", body: Data("}".utf8)),
            Request(method: .post, path: "/orders", rawQuery: "a", body: Data("{}".utf8)),
            Request(method: .post, path: "/orders", body: Data("{ }".utf8)),
        ]
        #expect(Set(requests.map { Fingerprint($0) }).count == requests.count)
        #expect(Fingerprint(requests[0]) == Fingerprint(requests[0]))
    }
}
