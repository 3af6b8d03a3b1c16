import CZlib
public import FoundationEssentials

/// The gzip format (RFC 1952), written by zlib.
public enum Gzip {
    /// Compresses the bytes as a whole, on the calling thread: about 100 MB a second at level 1. `level` is zlib's, from 1 (fast)
    /// to 9 (small). Returns `nil` for more than 1 GiB, and if there is no memory.
    public static func compress(_ bytes: Data, level: Int = 1) -> Data? {
        guard bytes.count <= 1 << 30 else { return nil }
        var stream = z_stream()
        // 15 bits of window, 16 more for the header and trailer of gzip; 8 is zlib's own default of memory.
        let result = deflateInit2_(
            &stream, Int32(level), Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
            Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var output = Data(count: Int(deflateBound(&stream, uLong(bytes.count))))
        let isWhole = output.withUnsafeMutableBytes { (room: UnsafeMutableRawBufferPointer) in
            bytes.withUnsafeBytes { (input: UnsafeRawBufferPointer) in
                // zlib only reads it.
                stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = room.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(room.count)
                return deflate(&stream, Z_FINISH) == Z_STREAM_END
            }
        }
        guard isWhole else { return nil }
        return Data(output.prefix(Int(stream.total_out)))
    }
}
