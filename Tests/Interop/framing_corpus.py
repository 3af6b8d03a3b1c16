"""Requests whose ends two readers could take differently. Each is bytes that are sent on one connection; behind it comes an
honest request, so that what is smuggled would be seen."""

NEXT = b"GET /orders/next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
SMUGGLED = b"GET /orders/smuggled HTTP/1.1\r\nHost: h\r\n\r\n"


def post(fields, body=b"", target=b"/orders", line=b"HTTP/1.1"):
    return b"POST " + target + b" " + line + b"\r\nHost: h\r\n" + fields + b"\r\n" + body


def get(target=b"/orders", fields=b"", line=b" HTTP/1.1\r\n", method=b"GET", host=b"Host: h\r\n"):
    return method + b" " + target + line + host + fields + b"\r\n"


def cases():
    yield from lengths()
    yield from codings()
    yield from chunks()
    yield from fields()
    yield from lines()
    yield from targets()


def lengths():
    size = b"%d" % len(SMUGGLED)
    for value in [
        b"0", b"00", b"3", b"03", b"+3", b"-3", b"3 ", b" 3", b"\t3", b"3\t", b"3;", b"3,3", b"3, 3", b"3,4", b"0x3",
        b"3.0", b"3e0", b"1_0",
        b"", b" ", b"\xc2\xb93", b"\xd9\xa3", b"18446744073709551616", b"18446744073709551619",
        b"9223372036854775807", b"4294967299",
        b"999999999999999999999999", b"NaN", b"0\r\n 3", b"3\r\n\t", b"3\x00", b"3\x0b", b"\x003", size, b"0" + size,
        b"+" + size,
    ]:  # fmt: skip
        yield post(b"Content-Length: " + value + b"\r\n", b"abc" if b"3" in value else SMUGGLED)
    for one, two in [(b"0", size), (size, b"0"), (size, size), (b"3", b"3"), (b"", size), (size, b""), (b"x", size)]:
        for name in [b"Content-Length", b"content-length", b"Content-Length "]:
            yield post(b"Content-Length: " + one + b"\r\n" + name + b": " + two + b"\r\n", SMUGGLED)
    for name in [
        b"Content-Length ", b"Content-Length\t", b" Content-Length", b"Content_Length", b"Content-Length\x00",
        b"Content-Length\x0b",
        b"X: y\nContent-Length", b"X: y\rContent-Length", b"Content\r\n-Length", b"\xefContent-Length",
        b"Content-Length:", b"Content-Length: 0, Content-Length",
    ]:  # fmt: skip
        yield post(name + b": " + size + b"\r\n", SMUGGLED)
    yield get(fields=b"Content-Length: " + size + b"\r\n") + SMUGGLED
    yield get(fields=b"Content-Length: 3\r\n") + b"abc"
    yield get(method=b"HEAD", fields=b"Content-Length: 3\r\n") + b"abc"


def codings():
    body = b"0\r\n\r\n"
    for value in [
        b"chunked", b"Chunked", b"CHUNKED", b" chunked", b"\tchunked", b"chunked ", b"chunked\t", b"chunked,",
        b",chunked", b"chunked, chunked",
        b"identity", b"identity, chunked", b"chunked, identity", b"gzip", b"gzip, chunked", b"chunked;q=1",
        b"xchunked", b"chunkedx", b"chunk",
        b'"chunked"', b"'chunked'", b"ch\xc3\xbcnked", b"chunked\x00", b"\x0bchunked", b"chunked\x0b", b"\x00chunked",
        b"chunked\r\n ", b"\r\n chunked", b"x\r\n chunked",
        b"", b" ", b"c\x68unked", b"chun\xc2\xadked", b"cow", b"chunked\xa0", b"\xa0chunked", b"%63hunked",
    ]:  # fmt: skip
        for more in [b"", b"Content-Length: 5\r\n", b"Content-Length: 3\r\n"]:
            yield post(b"Transfer-Encoding: " + value + b"\r\n" + more, body + (SMUGGLED if more else b""))
    for name in [
        b"Transfer-Encoding ", b"Transfer-Encoding\t", b" Transfer-Encoding", b"\tTransfer-Encoding",
        b"Transfer_Encoding", b"transfer-encoding", b"TRANSFER-ENCODING",
        b"Transfer-Encoding\x00", b"Transfer\r\n-Encoding", b"X: y\nTransfer-Encoding", b"X: y\rTransfer-Encoding",
        b"\x0bTransfer-Encoding", b"Transfer-Encoding\x0b",
        b"Transfer Encoding", b"Transfer-Encoding\xa0",
    ]:  # fmt: skip
        yield post(name + b": chunked\r\nContent-Length: 5\r\n", body + SMUGGLED)
        yield post(b"Content-Length: 5\r\n" + name + b": chunked\r\n", body + SMUGGLED)
    for one, two in [
        (b"chunked", b"identity"),
        (b"identity", b"chunked"),
        (b"chunked", b"chunked"),
        (b"x", b"chunked"),
        (b"", b"chunked"),
    ]:
        yield post(b"Transfer-Encoding: " + one + b"\r\nTransfer-Encoding: " + two + b"\r\n", body)
    yield post(b"Transfer-Encoding: chunked\r\n", body, line=b"HTTP/1.0")
    yield get(fields=b"Transfer-Encoding: chunked\r\n") + body
    yield post(b"TE: chunked\r\nContent-Length: 3\r\n", b"abc")
    yield post(b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", body)


def chunks():
    for body in [
        b"3\r\nabc\r\n0\r\n\r\n", b"03\r\nabc\r\n0\r\n\r\n", b"3;a=b\r\nabc\r\n0\r\n\r\n",
        b'3;a="b;c"\r\nabc\r\n0\r\n\r\n', b"3 \r\nabc\r\n0\r\n\r\n",
        b" 3\r\nabc\r\n0\r\n\r\n", b"3\nabc\r\n0\r\n\r\n", b"3\r\nabc\n0\r\n\r\n", b"3\r\nabc\r\n0\n\r\n",
        b"3\r\nabc\r\n0\r\n\n", b"3\r\nabcd\r\n0\r\n\r\n",
        b"3\r\nab\r\n0\r\n\r\n", b"+3\r\nabc\r\n0\r\n\r\n", b"-3\r\nabc\r\n0\r\n\r\n", b"0x3\r\nabc\r\n0\r\n\r\n",
        b"g\r\nabc\r\n0\r\n\r\n", b"\r\n3\r\nabc\r\n0\r\n\r\n",
        b"10000000000000003\r\nabc\r\n0\r\n\r\n", b"ffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        b"8000000000000003\r\nabc\r\n0\r\n\r\n", b"100000003\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabc\r\n00\r\n\r\n", b"3\r\nabc\r\n0000000000000000000\r\n\r\n", b"3\r\nabc\r\n0;x\r\n\r\n",
        b"3\r\nabc\r\n0\r\nX: y\r\n\r\n",
        b"3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n", b"3\r\nabc\r\n0\r\nX y\r\n\r\n",
        b"3\r\nabc\r\n0\r\n X: y\r\n\r\n", b"3\r\nabc\r\n0\r\nX: \x00\r\n\r\n",
        b"3;\nGET /orders/smuggled HTTP/1.1\r\nabc\r\n0\r\n\r\n", b"3;" + b"a" * 300 + b"\r\nabc\r\n0\r\n\r\n",
        b"3\rX\r\nabc\r\n0\r\n\r\n", b"3\x00\r\nabc\r\n0\r\n\r\n",
        b"3;\x00\r\nabc\r\n0\r\n\r\n", b"3\r\nabc0\r\n\r\n", b"\xef\xbb\xbf3\r\nabc\r\n0\r\n\r\n",
        b"3_0\r\nabc\r\n0\r\n\r\n", b"3,3\r\nabc\r\n0\r\n\r\n", b"3\r\r\nabc\r\n0\r\n\r\n",
        b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", b"0\r\n\r\n",
        b"%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n0\r\n\r\n",
    ]:  # fmt: skip
        yield post(b"Transfer-Encoding: chunked\r\n", body)


def fields():
    for host in [
        b"Host: h\r\nHost: h\r\n", b"Host: a\r\nHost: b\r\n", b"", b"Host:\r\n", b"Host: \r\n", b"Host: a b\r\n",
        b"Host: a,b\r\n", b"Host: h/x\r\n", b"Host: h?x\r\n", b"Host: h#x\r\n",
        b"Host: u@h\r\n", b"Host: h:80\r\n", b"Host: h:x\r\n", b"Host: h:99999999\r\n", b"Host: [::1]\r\n",
        b"Host: [::1\r\n", b"Host: <script>\r\n", b"Host: h\x00\r\n",
        b"Host : h\r\n", b" Host: h\r\n", b"host: h\r\n", b"Host: h\r\n x\r\n", b"Host: \xc3\xa9\r\n",
        b"Host: h\r\nX-Forwarded-Host: evil\r\n",
    ]:  # fmt: skip
        yield get(host=host)
    for field in [
        b"X: a\r\n b\r\n", b"X: a\r\n\tb\r\n", b"X : a\r\n", b"X\r\n", b": a\r\n", b"X: \x00\r\n", b"X: \x01\r\n",
        b"X: \x7f\r\n", b"X: \xff\r\n", b"X\x00: a\r\n", b"X(: a\r\n",
        b"X: a\nY: b\r\n", b"X: a\rY: b\r\n", b"X: a\n\r\n", b"X:a\r\n", b"X:\ta\t\r\n", b"X: a\r\r\n",
        b"\xc3\xa9: a\r\n", b"X: " + b"a" * 9000 + b"\r\n", b"X: a\r\n" * 150,
        b"Connection: close, Host\r\n", b"Connection: Content-Length\r\n", b"Connection: X\r\nX: 1\r\n",
        b"Upgrade: h2c\r\nConnection: Upgrade\r\n", b"Expect: 200-ok\r\n", b"Expect: 100-continue\r\n",
        b"Transfer-Encoding: \r\n", b"Keep-Alive: 1\r\n", b"Proxy-Connection: keep-alive\r\n",
        b"Trailer: Content-Length\r\n", b"Max-Forwards: 0\r\n", b"Via: 1.1 gateway\r\n",
    ]:  # fmt: skip
        yield get(fields=field)


def lines():
    for line in [
        b" HTTP/1.1\n", b" HTTP/1.1\r", b" HTTP/1.1 \r\n", b"  HTTP/1.1\r\n", b"\tHTTP/1.1\r\n", b" HTTP/1.0\r\n",
        b" HTTP/0.9\r\n", b" HTTP/1.2\r\n", b" HTTP/2.0\r\n", b" HTTP/3\r\n",
        b" HTTP/1.10\r\n", b" HTTP/11.1\r\n", b" HTTP/01.1\r\n", b" http/1.1\r\n", b" HTTP/1.1x\r\n",
        b" HTTP/1,1\r\n", b" HTTP/ 1.1\r\n", b" HTTP\r\n", b"\r\n", b" \r\n", b" ICAP/1.0\r\n", b" HTTP/1.1\x00\r\n",
        b" HTTP/1.1\r\n\r\n", b" HTTP/\xef\xbc\x91.1\r\n", b" HTTP/1.1\x0b\r\n",
    ]:  # fmt: skip
        yield get(line=line)
    for method in [
        b"get", b"GET\t", b" GET", b"\r\nGET", b"\r\n\r\nGET", b"\nGET", b"G\x00ET", b"G(T", b"GET GET", b"",
        b"\xef\xbb\xbfGET", b"TRACE", b"CONNECT", b"PRI", b"M-SEARCH", b"A" * 40, b"OPTIONS", b"HEAD", b"DELETE",
        b"\x16\x03\x01", b"GET\r", b"G\xc3\x89T",
    ]:  # fmt: skip
        yield get(method=method)


def targets():
    for target in [
        b"/orders/a%2Fb", b"/orders/%2e%2e/payments", b"/orders/../payments", b"/orders/./a", b"/orders//a",
        b"//orders", b"/orders/a;b=c", b"/orders/a#b", b"/orders/a?b#c", b"/orders/a\\b", b"/orders/%5c",
        b"/orders/a\x00b",
        b"/orders/%00", b"/orders/%0d%0aX:%20y", b"/orders/%", b"/orders/%z1", b"/orders/%c0%ae", b"/orders/\xc3\xa9",
        b"/orders/%C3%A9", b"/orders/\xff", b"/orders/%ff", b"/orders/a\tb", b"/orders/a b", b"/orders/<a>",
        b"http://h/orders", b"http://other/orders", b"http://h:80/orders", b"https://h/orders", b"HTTP://h/orders",
        b"http:///orders", b"http://u:p@h/orders", b"ftp://h/orders", b"http:/orders", b"h/orders", b"orders", b"*",
        b"/", b"",
        b"h:80", b"/orders?a=b&a=c", b"/orders?" + b"a&" * 150, b"/orders?a=%00", b"/orders?a=\xff", b"/orders?\"",
        b"/orders/" + b"a" * 9000, b"/orders/%2e", b"/orders/...", b"/orders/.%2e/a", b"/%6frders", b"/ORDERS",
        b"/orders/",
        b"/\xcc\x81orders", b"/orders/e\xcc\x81", b"/orders/*", b"/orders/%2a", b"/orders/a|b", b"/orders/{a}",
        b"/orders/a^b", b"/orders/a`b", b"/orders/\x7f", b"/orders/%7f", b"/orders?x=%0d%0a", b"?x",
    ]:  # fmt: skip
        yield get(target)
