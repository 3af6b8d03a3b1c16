import Glibc

/// Owner, group and mode of a file. A file that takes the place of another one has it from that one: a service that
/// runs as another user than the command could not read it otherwise.
struct FileOwnership {
    let owner: uid_t
    let group: gid_t
    let mode: mode_t
    /// Whether there is a file; otherwise owner and group are its folder's, and only the owner may read it.
    let isOfFile: Bool

    init(of path: String) throws {
        var status = stat()
        isOfFile = stat(path, &status) == 0
        if !isOfFile {
            guard errno == ENOENT, stat(DurableFile.folder(of: path), &status) == 0 else {
                throw CommandFailure("\(path) cannot be used: \(String(cString: strerror(errno)))")
            }
        }
        (owner, group) = (status.st_uid, status.st_gid)
        mode = isOfFile ? status.st_mode & 0o755 : 0o600
    }

    /// Whether this user can make a file that belongs to the same owner. A folder of root's may be one that many write to.
    var canBeKept: Bool { geteuid() == 0 || owner == geteuid() || !isOfFile && owner == 0 }

    /// Throws if the open file cannot get the group that may read it. Only root gives files away.
    func give(to descriptor: Int32, _ path: String) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path) }
        if geteuid() == 0, status.st_uid != owner || status.st_gid != group {
            // A file system that maps users may not allow it. Nobody has lost a file that was not there.
            guard fchown(descriptor, owner, group) == 0 || !isOfFile else { throw failure(path) }
        } else if isOfFile, status.st_gid != group, mode & 0o070 != 0 {
            guard fchown(descriptor, uid_t.max, group) == 0 else { throw failure(path) }
        }
        guard fchmod(descriptor, mode) == 0 else { throw failure(path) }
    }

    /// Lets the owner take the lock the next time. The lock may lie in a folder of another user's: what is not a plain file of
    /// one name there could be anything.
    func giveLock(_ descriptor: Int32, _ path: String) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 else {
            throw CommandFailure("\(path) is no lock, but a file of another kind or name; remove it")
        }
        guard geteuid() == 0, status.st_uid != owner else { return }
        guard fchown(descriptor, owner, group) == 0 || !isOfFile else { throw failure(path) }
    }

    private func failure(_ path: String) -> CommandFailure {
        CommandFailure(
            "\(path) cannot be given to the user \(owner) and the group \(group), as it was: "
                + String(cString: strerror(errno)))
    }
}
