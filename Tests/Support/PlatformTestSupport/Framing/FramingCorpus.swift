/// Requests as RFC 9110, RFC 9112 and RFC 3986 have them, and as they must not be.
package enum FramingCorpus {
    package static let all = accepted + lines + bytes + targets + fields + lengths + codings + hosts + chunks

    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n"
    private static let post = "POST / HTTP/1.1\r\nHost: h\r\n"
    private static let control = (0...31).map { UInt8($0) } + [127]

    private static let accepted: [FramingCase] = [
        .taken("plain", get + "\r\n", "GET /?"),
        .taken("an empty line before", "\r\n" + get + "\r\n", "GET /?"),
        .taken("two in one packet", get + "\r\n" + get + "\r\n", "GET /?", "GET /?"),
        .taken("a length", post + "Content-Length: 3\r\n\r\nabc", "POST /?abc"),
        .taken("a length of zero", post + "Content-Length: 0\r\n\r\n", "POST /?"),
        .taken("a length with zeros", post + "Content-Length: 0003\r\n\r\nabc", "POST /?abc"),
        .taken("a GET with a body", get + "Content-Length: 3\r\n\r\nabc", "GET /?abc"),
        .taken("blanks around a value", post + "Content-Length: \t 3 \t\r\n\r\nabc", "POST /?abc"),
        .taken(
            "a body that looks like a request", post + "Content-Length: 18\r\n\r\nGET /x HTTP/1.1\r\n\r",
            "POST /?GET /x HTTP/1.1\r\n\r"),
        .taken("chunks", post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "POST /?abcde"),
        .taken("CHUNKED", post + "tRansfer-encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n", "POST /?a"),
        .taken("no chunk", post + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "POST /?"),
        .taken(
            "zeros before a size", post + "Transfer-Encoding: chunked\r\n\r\n0003\r\nabc\r\n000\r\n\r\n", "POST /?abc"),
        .taken(
            "a size in letters",
            post + "Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
            "POST /?01234567890123456789"),
        .taken(
            "a chunk extension", post + "Transfer-Encoding: chunked\r\n\r\n1;a=b;c=\"d e\"\r\nx\r\n0;z\r\n\r\n",
            "POST /?x"),
        .taken("a trailer", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n", "POST /?x"),
        .taken("an encoded slash", "GET /a%2Fb HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a%2Fb?"),
        .taken("UTF-8", "GET /%C3%A9%E2%82%AC HTTP/1.1\r\nHost: h\r\n\r\n", "GET /%C3%A9%E2%82%AC?"),
        .taken(
            "every character of a path", "GET /-._~!$&'()*+,=:@aZ9 HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /-._~!$&'()*+,=:@aZ9?"),
        .taken("dots that are no segments", "GET /.../.a/a../a.b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /.../.a/a../a.b?"),
        .taken(
            "a query as browsers send it", "GET /?a={b}|c[0]&d=%20^` HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /?a={b}|c[0]&d=%20^`"),
        .taken("two question marks", "GET /?a?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?a?b"),
        .taken("an empty query", "GET /? HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?"),
        .taken("an absolute target", "GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?b"),
        .taken("an absolute target without a path", "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?"),
        .taken("an absolute target with a query only", "GET HTTPS://h:80?a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?a"),
        .taken("an asterisk", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS *?"),
        .taken("a method of its own", "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", "BREW /?"),
        .taken("HTTP/1.7", "GET / HTTP/1.7\r\nHost: h\r\n\r\n", "GET /?"),
        .taken("HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "GET /?", goesOn: false),
        .taken("HTTP/1.0 that goes on", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET /?"),
        .taken("HTTP/1.1 that ends", get + "Connection: x, Close\r\n\r\n", "GET /?", goesOn: false),
        .taken("an empty value", get + "X-A:\r\n\r\n", "GET /?"),
        .taken("a colon in a value", get + "X-A: b:c\r\n\r\n", "GET /?"),
        .taken("a tab and Latin letters in a value", get + "X-A: a\tb\u{e9}\r\n\r\n", "GET /?"),
        .taken("a port", "GET / HTTP/1.1\r\nHost: localhost:8084\r\n\r\n", "GET /?"),
        .taken("an address", "GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", "GET /?"),
        .taken("an IPv6 address", "GET / HTTP/1.1\r\nHost: [::1]:8084\r\n\r\n", "GET /?"),
    ]

    private static let lines: [FramingCase] = [
        .refused("a line without CR", "GET / HTTP/1.1\nHost: h\n\n"),
        .refused("a field without CR", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n"),
        .refused("an end without CR", "GET / HTTP/1.1\r\nHost: h\r\n\n"),
        .refused("two empty lines", "\r\n\r\n" + get + "\r\n"),
        .refused("a blank before the method", " " + get + "\r\n"),
        .refused("two blanks", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"),
        .refused("a blank at the end", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"),
        .refused("a tab for a blank", "GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n"),
        .refused("no version", "GET /\r\nHost: h\r\n\r\n"),
        .refused("no target", "GET HTTP/1.1\r\nHost: h\r\n\r\n"),
        .refused("only a method", "GET\r\n\r\n"),
        .refused("HTTP/2.0", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        .refused("HTTP/0.9", "GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505),
        .refused("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        .refused("HTTP/1", "GET / HTTP/1\r\nHost: h\r\n\r\n"),
        .refused("HTTP/1.", "GET / HTTP/1.\r\nHost: h\r\n\r\n"),
        .refused("HTTP/1.10", "GET / HTTP/1.10\r\nHost: h\r\n\r\n"),
        .refused("http/1.1", "GET / http/1.1\r\nHost: h\r\n\r\n"),
        .refused("HTTP/1,1", "GET / HTTP/1,1\r\nHost: h\r\n\r\n"),
        .refused("XTTP/1.1", "GET / XTTP/1.1\r\nHost: h\r\n\r\n"),
        .refused("TLS", [22, 3, 1, 2, 0, 1, 0, 1, 252]),
        .refused("CONNECT", "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 501),
        .refused("a method too long", String(repeating: "A", count: 33) + " / HTTP/1.1\r\nHost: h\r\n\r\n", 501),
        .refused(
            "a line too long", "GET /" + String(repeating: "a", count: 9000) + " HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        .refused("a line without end", "GET /" + String(repeating: "a", count: 9000), 414),
        .refused("a field too long", get + "X: " + String(repeating: "a", count: 9000) + "\r\n\r\n", 431),
        .refused("too many fields", get + String(repeating: "X: y\r\n", count: 101) + "\r\n", 431),
        .refused(
            "too many parts of a query", "GET /?" + String(repeating: "a&", count: 300) + " HTTP/1.1\r\nHost: h\r\n\r\n"
        ),
    ]

    /// Every byte that has no business where it stands.
    private static let bytes: [FramingCase] =
        (control + Array("\"(),/:;<=>?@[\\]{}".utf8) + [0x80, 0xFF]).map {
            .refused("a method", "G", $0, "T / HTTP/1.1\r\nHost: h\r\n\r\n")
        }
        + (control + Array(" \"<>\\^`{|}#;[]".utf8) + [0x80, 0xC3, 0xFF]).map {
            .refused("a path", "GET /a", $0, "b HTTP/1.1\r\nHost: h\r\n\r\n")
        }
        + (control + Array(" \"<>#".utf8) + [0x80, 0xFF]).map {
            .refused("a query", "GET /?a", $0, "b HTTP/1.1\r\nHost: h\r\n\r\n")
        }
        + (control + Array(" \"(),/;<=>?@[\\]{}".utf8) + [0x80, 0xFF]).map {
            .refused("the name of a field", get + "X", $0, "Y: z\r\n\r\n")
        }
        + control.filter { $0 != 9 }.map { .refused("the value of a field", get + "X: a", $0, "b\r\n\r\n") }
        + control.map { byte in
            let digits = String(byte, radix: 16)
            let escape = "%" + (digits.count == 1 ? "0" : "") + digits
            return .refused("a path with \(escape)", "GET /a\(escape)b HTTP/1.1\r\nHost: h\r\n\r\n")
        }

    private static let targets: [FramingCase] =
        [
            "/.", "/..", "/./", "/../", "/a/.", "/a/..", "/a/../b", "/%2e", "/%2E%2e", "/.%2e/a", "/a/%2e./b", "/a/%2e",
            "/a/..%2Fb", "/..%2fb", "/a%2F..",
            "/%", "/%4", "/%zz", "/%u0041", "/%ff", "/%c0%af", "/%ed%a0%80", "/%5c", "/a%5C..%5Cb", "/?%", "/?a=%4",
            "/?a=%gg",
            "/a#b", "/#", "/a;b", "/;jsessionid=1/a", "a", "?x", "http", "http:", "http:/a", "http://", "http:///a",
            "ftp://h/",
            "http://u@h/", "http://h:p/", "http://h\\/", "*", "//h/..",
        ].map { .refused("the target \($0)", "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n") }

    private static let fields: [FramingCase] = [
        .refused("a folded line", get + "X: a\r\n b\r\n\r\n"),
        .refused("a line folded by a tab", get + "X: a\r\n\tb\r\n\r\n"),
        .refused("a folded length", post + "Content-Length:\r\n 3\r\n\r\nabc"),
        .refused("a line folded after the length", post + "Content-Length: 3\r\n x\r\n\r\nabc"),
        .refused("a folded first field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n"),
        .refused("a blank before the colon", get + "X : a\r\n\r\n"),
        .refused("a tab before the colon", get + "X\t: a\r\n\r\n"),
        .refused("no colon", get + "X\r\n\r\n"),
        .refused("no name", get + ": a\r\n\r\n"),
        .refused("an unknown expectation", post + "Expect: 200-ok\r\nContent-Length: 1\r\n\r\na", 417),
    ]

    private static let lengths: [FramingCase] =
        [
            "", "-1", "+3", "0x3", "3 3", "3,3", "3, 3", "3, 4", "3;", "3a", "a3", "3.0", "1e1", "\"3\"", "3\u{e9}",
            "³", "--3", "3-",
        ].map { .refused("the length \($0)", post + "Content-Length: \($0)\r\n\r\nabc") }
        + [
            .refused("two lengths", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"),
            .refused("the same length twice", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
            .refused("a blank after the name of the length", post + "Content-Length : 3\r\n\r\nabc"),
            .refused("a length of 2^20 + 1", post + "Content-Length: 1048577\r\n\r\n", 413),
            .refused("a length of 2^63", post + "Content-Length: 9223372036854775808\r\n\r\n", 413),
            .refused("a length of 2^64 + 3", post + "Content-Length: 18446744073709551619\r\n\r\nabc", 413),
            .refused(
                "a length without end", post + "Content-Length: " + String(repeating: "9", count: 400) + "\r\n\r\n", 413
            ),
        ]

    private static let codings: [FramingCase] =
        [
            ("", 400), ("chunked, chunked", 400), ("chunked,", 400), (",chunked", 400), ("\"chunked\"", 400),
            ("chun ked", 501),
            ("chunked;x=1", 501), ("gzip", 501), ("identity", 501), ("gzip, chunked", 501), ("chunked, gzip", 501),
            ("xchunked", 501), ("chunkedx", 501), ("x", 501), ("deflate,chunked", 501), ("chunked\u{e9}", 400),
            ("[]", 400),
        ].map { .refused("the coding \($0)", post + "Transfer-Encoding: \($0)\r\n\r\n0\r\n\r\n", $1) }
        + [
            .refused("a blank after the name of the coding", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
            .refused("two codings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            .refused(
                "a coding and another",
                post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
            .refused(
                "a length and a coding", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            .refused(
                "a coding and a length", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
            .refused("a coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ]

    private static let hosts: [FramingCase] =
        [
            "", "a b", "a/b", "a?b", "a@b", "u:p@h", "<script>", "a\"b", "h:", "h:x", "h:123456", "h:-1", ":80", "[::1",
            "::1]",
            "[]", "[x]", "[::1]x", "h,i", "h;i", "h%2f", "h#", "\u{e9}", "h\\", "a..b:99999x",
            String(repeating: "a", count: 256),
        ].filter { $0 != "h:" }.map { .refused("the host \($0)", "GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n") }
        + [
            .refused("no host", "GET / HTTP/1.1\r\n\r\n"),
            .refused("two hosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n"),
            .refused("the same host twice", "GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n"),
            .refused("a blank after the name of the host", "GET / HTTP/1.1\r\nHost : h\r\n\r\n"),
            .refused("a stranger's name", "GET / HTTP/1.1\r\nHost: rebound.example.com\r\n\r\n", 421),
            .refused(
                "a stranger's name in the target", "GET http://rebound.example.com/ HTTP/1.1\r\nHost: h\r\n\r\n", 421),
        ]

    private static let chunks: [FramingCase] =
        [
            "\r\n", "x\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", " 1\r\na\r\n", "1 \r\na\r\n", "1\na\r\n0\r\n\r\n",
            "1\r\na\n0\r\n\r\n",
            "1\r\nab\r\n0\r\n\r\n", "1\r\na0\r\n\r\n", "2\r\na\r\n0\r\n\r\n", "1;a\nb\r\na\r\n0\r\n\r\n",
            "1;\u{1}\r\na\r\n0\r\n\r\n",
            "1,a\r\na\r\n0\r\n\r\n", "1\r\ra\r\n", "0\r\nX\r\n\r\n", "0\r\n X: y\r\n\r\n", "0\r\nX : y\r\n\r\n",
            "0\r\nX: \u{1}\r\n\r\n",
            "0\r\nX: y\n\r\n", "0\n\r\n", "0\r\n\n", "00000000000000001\r\na\r\n0\r\n\r\n",
            "1;" + String(repeating: "a", count: 20_000),
            "0\r\n" + String(repeating: "X: y\r\n", count: 3000) + "\r\n",
            String(repeating: "1;" + String(repeating: "a", count: 200) + "\r\na\r\n", count: 60) + "0\r\n\r\n",
        ].map {
            .refused("the chunks \($0.prefix(20).debugDescription)", post + "Transfer-Encoding: chunked\r\n\r\n" + $0)
        }
        + ["100001\r\n", "7fffffffffffffff\r\n", "8000000000000000\r\n", "ffffffffffffffff\r\n"].map {
            .refused("the chunk size \($0.dropLast(2))", post + "Transfer-Encoding: chunked\r\n\r\n" + $0, 413)
        }
}
