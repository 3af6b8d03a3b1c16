import Glibc
import PlatformTestSupport
import Testing

@testable import SambalProgram

@Suite struct DataFolderTests {
    private let folder = TemporaryDirectory()

    @Test(arguments: [0o777, 0o703, 0o702] as [mode_t])
    func one_whose_files_every_user_may_replace_is_warned_of(mode: mode_t) {
        #expect(chmod(folder.path, mode) == 0)
        defer { chmod(folder.path, 0o700) }
        #expect(DataFolder.warning(about: folder.path)?.contains("chmod 700 \(folder.path)") == true)
    }

    /// With the sticky bit, only the owner of a file may replace it.
    @Test(arguments: [0o700, 0o750, 0o755, 0o1777] as [mode_t])
    func others_are_not(mode: mode_t) {
        #expect(chmod(folder.path, mode) == 0)
        defer { chmod(folder.path, 0o700) }
        #expect(DataFolder.warning(about: folder.path) == nil)
    }
}
