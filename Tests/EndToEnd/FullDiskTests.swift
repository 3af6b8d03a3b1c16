import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// A file system without room, which only root can make.
    @Suite(.enabled("needs mounts of its own") { try await inMountNamespace("mount -t tmpfs none /mnt").status == 0 })
    struct FullDiskTests {
        /// Writing to mapped memory of a file that has no block for it ends the process by a signal.
        @Test func an_lmdb_folder_that_is_made_on_a_full_disk_is_an_error() async throws {
            let (program, directory) = (ShopUnderTest.program.path(), TemporaryDirectory())
            let (full, data) = (directory.file("full"), directory.file("data"))
            let result = try await inMountNamespace(
                """
                mkdir \(full) && mount -t tmpfs -o size=64k none \(full) && head -c 64k /dev/zero > \(full)/filler
                timeout 60 \(program) migrate customer --data \(data) >/dev/null 2>&1 || exit 9
                timeout 60 \(program) copy customer --from sqlite:\(data)/customer.db --to lmdb:\(full)/copy
                """)
            #expect(result.status == 1, "\(result.output)")
            #expect(result.output.contains("full") && !result.output.contains("Backtrac"), "\(result.output)")
        }
    }
}

/// Runs a shell script that may mount what it likes.
private func inMountNamespace(_ script: String) async throws -> CommandResult {
    try await CommandResult.run(URL(filePath: "/usr/bin/unshare"), ["-m", "sh", "-c", script])
}
