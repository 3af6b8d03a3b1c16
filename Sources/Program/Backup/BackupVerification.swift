import Cryptography
import Glibc
import Kernel

/// Checks backups: that each part is as it was written, and that every file can be put together.
struct BackupVerification {
    let folder: BackupFolder
    let secret: BackupSecret?

    /// The result for one backup.
    struct Verdict {
        let id: String
        let header: BackupHeader?
        /// Whether the contents were read too; an encrypted backup needs its key for that.
        let isComplete: Bool
        /// `nil` if nothing is wrong.
        let fault: String?
    }

    /// Verifies all backups of the folder, or one.
    func run(_ id: String?) throws -> [Verdict] {
        if let id { return [verify(id, try? folder.choose(id: id, until: nil))] }
        return try folder.entries().map { entry in
            switch entry.header {
            case .success(let header): verify(entry.id, header)
            case .failure(let error): Verdict(id: entry.id, header: nil, isComplete: false, fault: error.message)
            }
        }
    }

    private func verify(_ id: String, _ header: BackupHeader?) -> Verdict {
        do {
            let header = try header ?? folder.header(of: id)
            try check(header.blocks, BackupFormat.blocks, of: header)
            try check(header.contents, BackupFormat.contents, of: header)
            guard header.encryption == nil || secret != nil else {
                return Verdict(id: id, header: header, isComplete: false, fault: nil)
            }
            let backup = try folder.open(header, secret)
            let reader = BlockReader(folder, backup)
            for file in backup.contents.files { try reader.read(file) { _ in } }
            return Verdict(id: id, header: header, isComplete: true, fault: nil)
        } catch {
            return Verdict(id: id, header: header, isComplete: false, fault: Failures.sentence(error))
        }
    }

    /// Compares a part with its checksum, which needs no key.
    private func check(_ part: BackupHeader.Part, _ name: String, of header: BackupHeader) throws {
        let path = folder.path(of: header.id) + "/" + name
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure("\(name) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let digest = RunningDigest()
        var (bytes, buffer) = (0, [UInt8](repeating: 0, count: 1 << 20))
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure("\(name) cannot be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            buffer.withUnsafeBytes { digest.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            bytes += count
        }
        guard bytes == part.bytes else {
            throw CommandFailure("\(name) has \(bytes) bytes, and \(part.bytes) were written")
        }
        guard hexadecimal(digest.finish()) == part.sha256 else {
            throw CommandFailure("\(name) is not as it was written")
        }
    }
}
