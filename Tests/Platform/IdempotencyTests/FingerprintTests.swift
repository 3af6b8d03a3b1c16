import FoundationEssentials
import HTTP
import Testing

@testable import Idempotency

@Suite struct FingerprintTests {
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
