import Foundation
import Kernel
import PlatformTestSupport

@testable import SambalProgram

/// A folder of backups whose files a test chooses.
struct BackupUnderTest {
    let directory = TemporaryDirectory()
    var folder: BackupFolder { BackupFolder(path: directory.path) }
    var secret: BackupSecret?

    static let cut = Timestamp(milliseconds: 1_770_000_000_000)

    /// Writes a backup of these files, made that long after the first one.
    @discardableResult
    func write(
        _ id: String, _ files: [String: [UInt8]], since base: String? = nil, after: Duration = .zero
    ) throws -> BackupHeader {
        let base = try base.map { try folder.open(try folder.header(of: $0), secret) }
        let keys = try base?.keys ?? secret.map { try BackupKeys.new($0) { 7 } }
        let writer = try BackupWriter(folder, id: id, base: base, keys: keys)
        for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
            try writer.add(path: path, kind: .file) { take in
                // In pieces that are no blocks.
                for start in stride(from: 0, to: bytes.count, by: 10_000) {
                    try bytes[start..<min(start + 10_000, bytes.count)].withUnsafeBytes { try take($0) }
                }
            }
        }
        return try writer.finish(cut: Self.cut + after, pause: 1, shop: ShopRecord(), newestEvent: nil)
    }

    func read(_ id: String) throws -> [String: [UInt8]] {
        let backup = try folder.open(try folder.header(of: id), secret)
        let reader = BlockReader(folder, backup)
        var files: [String: [UInt8]] = [:]
        for file in backup.contents.files {
            files[file.path] = []
            try reader.read(file) { files[file.path]? += $0 }
        }
        return files
    }

    func restore(_ id: String, to data: String) throws {
        let backup = try folder.open(try folder.header(of: id), secret)
        try Restore(folder: folder, backup: backup, data: data, now: Self.cut).run()
    }

    func path(_ id: String, _ part: String) -> String { folder.path(of: id) + "/" + part }

    /// Changes one byte of a file.
    func damage(_ path: String, at offset: Int) throws {
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[offset] ^= 0x40
        try bytes.write(to: URL(filePath: path))
    }

    func faults() throws -> [String] {
        try BackupVerification(folder: folder, secret: secret).run(nil).compactMap(\.fault)
    }

    /// Bytes that no compression would find anything in, the same for the same seed.
    static func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
}
