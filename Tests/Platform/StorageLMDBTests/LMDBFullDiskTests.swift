import Glibc
import PlatformTestSupport
import Storage
import StorageLMDB
import Testing

/// A file system that becomes full under a commit; only root can make one.
@Suite(.enabled(if: SmallDisk.isPossible, "needs mounts"), .serialized)
struct LMDBFullDiskTests {
    private static func record(_ id: String, bytes: Int) -> Record {
        Record(id: id, version: 1, document: [UInt8](repeating: 7, count: bytes), fields: [.integer(1)])
    }

    /// The system writes as much as there is room for, and LMDB calls that an error of the device.
    @Test func a_commit_that_was_cut_short_by_a_full_disk_was_certainly_not_done() async throws {
        let disk = try SmallDisk(kilobytes: 2048)
        defer { disk.end() }
        try await LoopKind.threads.run { loop in
            let database = try LMDBDatabase(folder: disk.path + "/t", loop: loop, mapSize: 64 << 20)
            try await database.migrate(LMDBFolderTests.migrations)
            try await database.transaction {
                try await $0.insert(Self.record("before", bytes: 10), into: LMDBFolderTests.table)
            }
            try disk.fill(leaving: 64 << 10)
            let error = await #expect(throws: StorageError.self) {
                try await database.transaction {
                    try await $0.insert(Self.record("cut", bytes: 300 << 10), into: LMDBFolderTests.table)
                }
            }
            #expect(error?.code == .full, "\(error as Any)")
            disk.clear()
            try await database.transaction {
                try await $0.insert(Self.record("after", bytes: 300 << 10), into: LMDBFolderTests.table)
            }
            await database.close()
            let again = try LMDBDatabase(folder: disk.path + "/t", loop: loop, mapSize: 64 << 20)
            try await again.migrate(LMDBFolderTests.migrations)
            for (id, isThere) in [("before", true), ("cut", false), ("after", true)] {
                let found = try await again.read { try await $0.find(LMDBFolderTests.table, id: id) }
                #expect((found != nil) == isThere, "\(id)")
            }
            await again.close()
        }
    }
}

/// A small file system in memory.
private final class SmallDisk: Sendable {
    private let folder = TemporaryDirectory()
    let path: String

    static var isPossible: Bool {
        guard let disk = try? SmallDisk(kilobytes: 64) else { return false }
        disk.end()
        return true
    }

    init(kilobytes: Int) throws {
        path = folder.file("disk")
        let isMounted = mkdir(path, 0o700) == 0 && mount("none", path, "tmpfs", 0, "size=\(kilobytes)k") == 0
        try #require(isMounted)
    }

    /// Fills it but for so many bytes.
    func fill(leaving room: Int) throws {
        let descriptor = open(path + "/filler", O_WRONLY | O_CREAT, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 1, count: 4096)
        var size = 0
        while size < 64 << 20 {
            let count = write(descriptor, block, block.count)
            guard count > 0 else { break }
            size += count
        }
        try #require(ftruncate(descriptor, off_t(size - room)) == 0)
    }

    func clear() { unlink(path + "/filler") }

    func end() { umount2(path, Int32(MNT_DETACH)) }
}
