import FoundationEssentials
public import HTTP
import Kernel

/// Tells one request from another that was sent with the same key: FNV-1a of 128 bits over method, path, query and body.
///
/// It guards a client against its own mistake, a key used twice, within that client's keys. Nobody gains anything by
/// making two requests collide, so a hash for accidents does, is the same in every process and on every machine, and
/// costs less than keeping the body.
public struct Fingerprint: Sendable, Hashable, CustomStringConvertible {
    /// 32 hexadecimal digits.
    public let description: String

    public init(_ request: Request) {
        var hash = FNV1a.of128Bits
        // Each part ends with a byte that occurs in none of the first three.
        for part in [request.method.rawValue, request.path, request.rawQuery] {
            hash.add(part)
            withUnsafeBytes(of: 0xFF as UInt8) { hash.add($0) }
        }
        request.body.withUnsafeBytes { hash.add($0) }
        description = hexadecimal(hash.state)
    }
}
