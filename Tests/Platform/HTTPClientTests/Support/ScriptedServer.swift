import Glibc
import Runtime
import Synchronization

/// A server that does, on each connection, what the test says, byte for byte.
final class ScriptedServer: Sendable {
    let port: Int
    private let listener: Int32
    private let accepted = Atomic(0)
    private let worker = ThreadWorker(name: "scripted server")

    /// How many connections came.
    var connections: Int { accepted.load(ordering: .relaxed) }

    /// `script` gets the connection and its number; the connection is closed when it returns.
    init(_ script: @escaping @Sendable (Int32, Int) -> Void) {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, size)
                _ = listen(descriptor, 8)
                _ = getsockname(descriptor, $0, &size)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        worker.submit { [self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                let number = accepted.add(1, ordering: .relaxed).newValue
                // A thread for each, which ends with its work.
                ThreadWorker(name: "connection").submit {
                    script(connection, number)
                    close(connection)
                }
            }
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        worker.stop()
    }

    /// Reads until the text has come; `false` when the connection ends before.
    @discardableResult
    static func read(_ connection: Int32, until end: String) -> Bool {
        var text = ""
        var part = [UInt8](repeating: 0, count: 4096)
        while !text.contains(end) {
            let count = recv(connection, &part, part.count, 0)
            guard count > 0 else { return false }
            text += String(decoding: part.prefix(count), as: UTF8.self)
        }
        return true
    }

    static func write(_ connection: Int32, _ text: String) {
        var text = text
        text.withUTF8 { _ = send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
}
