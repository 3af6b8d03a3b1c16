import CMicroHTTPD
import FoundationEssentials
import Glibc
import HTTP

extension Response {
    /// The daemon's own form. The daemon writes `Date`, `Content-Length` and `Connection`; a field that would break the
    /// message (a line break in its value) is left out.
    func make(closing: Bool) -> OpaquePointer? {
        let response = body.withUnsafeBytes { bytes in
            MHD_create_response_from_buffer(
                bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
        }
        for field in headers.fields { MHD_add_response_header(response, field.name, field.value) }
        if closing { MHD_add_response_header(response, "Connection", "close") }
        return response
    }

    /// Writes the whole message past the daemon, which answers only whole requests. The message is small and nothing
    /// else is on its way, so the socket's buffer takes it at once.
    func write(to socket: Int32) {
        var text = "HTTP/1.1 \(status) \(Problem.reason(status))\r\n"
        for field in headers.fields { text += "\(field.name): \(field.value)\r\n" }
        text += "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        let message = Data(text.utf8) + body
        message.withUnsafeBytes { bytes in
            _ = send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
        shutdown(socket, Int32(SHUT_WR))
    }
}
