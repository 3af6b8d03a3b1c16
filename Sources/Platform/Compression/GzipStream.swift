import CZlib
public import FoundationEssentials

/// Compresses bytes as they come into one gzip stream. Used by one thread at a time.
public final class GzipStream: @unchecked Sendable {  // zlib's state is used by one caller at a time, as it says
    private let stream: UnsafeMutablePointer<z_stream>
    private static let room = 16 << 10

    /// `level` is zlib's, from 1 (fast) to 9 (small). Returns `nil` if there is no memory.
    public init?(level: Int = 1) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 bits of window, 16 more for the header and trailer of gzip; 8 is zlib's own default of memory.
        let result = deflateInit2_(
            stream, Int32(level), Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
            Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Takes bytes and returns what comes out so far; the rest is held back. Returns `nil` if it cannot go on.
    public func compress(_ bytes: Data) -> Data? { deflate(bytes, Z_NO_FLUSH) }

    /// Returns what is held back, so that the reader has all bytes that were compressed.
    public func flush() -> Data? { deflate(Data(), Z_SYNC_FLUSH) }

    /// Returns the end of the stream.
    public func finish() -> Data? { deflate(Data(), Z_FINISH) }

    private func deflate(_ bytes: Data, _ mode: Int32) -> Data? {
        var output = Data()
        let isDone = bytes.withUnsafeBytes { (input: UnsafeRawBufferPointer) in
            // zlib only reads it.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.room) { room in
                while true {
                    stream.pointee.next_out = room.baseAddress
                    stream.pointee.avail_out = UInt32(room.count)
                    let result = CZlib.deflate(stream, mode)
                    guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else { return false }
                    output.append(contentsOf: room[..<(room.count - Int(stream.pointee.avail_out))])
                    // Room that is left says that zlib has no more to give.
                    if stream.pointee.avail_out > 0 { return true }
                }
            }
        }
        return isDone ? output : nil
    }
}
