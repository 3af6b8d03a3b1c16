/// The bytes of a request, with header fields that a well-behaved client would not send.
enum RawRequest {
    static func post(_ path: String, _ body: String, keys: [[UInt8]] = []) -> [UInt8] {
        var head = Array("POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n".utf8)
        for key in keys { head += Array("Idempotency-Key: ".utf8) + key + Array("\r\n".utf8) }
        return head + Array("Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    static func post(_ path: String, _ body: String, key: String) -> [UInt8] {
        post(path, body, keys: [Array(key.utf8)])
    }
}
