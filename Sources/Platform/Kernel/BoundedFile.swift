import Glibc

/// Reads small files whole; refuses large ones.
package enum BoundedFile {
    package enum Failure: Error {
        case unreadable(String)
        case tooLarge(Int)
    }

    package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        return try read(from: descriptor, limit: limit)
    }

    /// Reads an open file to its end.
    package static func read(from descriptor: Int32, limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= limit else { throw .tooLarge(limit) }
        }
    }
}

extension BoundedFile.Failure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .tooLarge(let limit): "is larger than \(limit / 1024) KiB"
        }
    }
}
