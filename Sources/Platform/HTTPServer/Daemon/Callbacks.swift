import CMicroHTTPD
import Glibc

extension mhd_callbacks {
    /// The C side of `Daemon`, whose address is `context`.
    static func serving(_ context: UnsafeMutableRawPointer) -> mhd_callbacks {
        mhd_callbacks(
            access: { context, _, _, method, _, bytes, size, held in
                guard let context, let method, let size, let exchange = held?.pointee else { return .NO }
                let part = UnsafeRawBufferPointer(start: bytes, count: size.pointee)
                size.pointee = 0
                return daemon(context).received(
                    Unmanaged<Exchange>.fromOpaque(exchange).takeUnretainedValue(), method: method, bytes: part)
            },
            uri: { context, target, raw in
                guard let context, let target, let raw, let held = mhd_socket_context(raw) else { return nil }
                let connection = Unmanaged<Connection>.fromOpaque(held).takeUnretainedValue()
                let exchange = daemon(context).began(raw, connection, target: String(cString: target))
                return Unmanaged.passRetained(exchange).toOpaque()
            },
            completed: { context, _, held, _ in
                guard let context, let exchange = held?.pointee else { return }
                held?.pointee = nil
                daemon(context).completed(Unmanaged<Exchange>.fromOpaque(exchange).takeRetainedValue())
            },
            connection: { context, raw, held, what in
                guard let context, let raw, let held else { return }
                if what == .CONNECTION_NOTIFY_STARTED {
                    held.pointee = Unmanaged.passRetained(daemon(context).opened(raw)).toOpaque()
                } else if let connection = held.pointee {
                    held.pointee = nil
                    daemon(context).closed(Unmanaged<Connection>.fromOpaque(connection).takeRetainedValue())
                }
            },
            // Left as it came: the router decodes each part of the path by itself, so that %2F separates nothing.
            unescape: { _, _, text in text.map { strlen($0) } ?? 0 },
            context: context)
    }
}

private func daemon(_ context: UnsafeMutableRawPointer) -> Daemon {
    Unmanaged<Daemon>.fromOpaque(context).takeUnretainedValue()
}
