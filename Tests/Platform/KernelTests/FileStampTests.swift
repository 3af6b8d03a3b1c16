import Foundation
import Kernel
import Testing

@Suite struct FileStampTests {
    private static func withFile(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "/stamp-" + UUID().uuidString
        try Data("one".utf8).write(to: URL(filePath: path))
        defer { unlink(path) }
        try body(path)
    }

    @Test func a_file_that_stands_still_has_one_stamp_and_a_missing_one_has_none() throws {
        try Self.withFile { path in
            let stamp = try #require(FileStamp(path))
            #expect(FileStamp(path) == stamp)
            #expect(FileStamp(path + ".missing") == nil)
        }
    }

    @Test func another_mode_is_another_stamp() throws {
        try Self.withFile { path in
            chmod(path, 0o600)
            let stamp = FileStamp(path)
            chmod(path, 0o644)
            #expect(FileStamp(path) != stamp)
        }
    }

    /// As `cp -p` and `rsync -t` do over a file of the same size.
    @Test func other_content_of_the_same_size_and_time_is_another_stamp() throws {
        try Self.withFile { path in
            var status = stat()
            stat(path, &status)
            let stamp = FileStamp(path)
            let end = ContinuousClock.now + .seconds(10)
            // The time of a change has the grain of the kernel's clock.
            while FileStamp(path) == stamp, ContinuousClock.now < end {
                let descriptor = open(path, O_WRONLY)
                pwrite(descriptor, "two", 3, 0)
                futimens(descriptor, [status.st_atim, status.st_mtim])
                close(descriptor)
            }
            #expect(FileStamp(path) != stamp)
        }
    }
}
