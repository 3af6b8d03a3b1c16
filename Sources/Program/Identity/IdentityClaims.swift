import Glibc
import Kernel
import Synchronization

/// Tells on this machine which file a store or log with an identity is used at, so that a copy does not run beside its
/// original: both would call the provider and send mails for the same orders.
///
/// The claims are files in a folder of this user, each locked for as long as the process has the store open. Processes that
/// share a store share its claim. Other machines, other users and containers with a file system of their own are not seen.
final class IdentityClaims: Sendable {
    private struct Claim {
        let descriptor: Int32
        let owner: String
    }
    private let folder: String
    private let claims = Mutex<[String: Claim]>([:])
    private static let tries = 50

    init(folder: String = "/tmp/sambal-\(geteuid())") { self.folder = folder }

    deinit { release() }

    /// Says why copies are not detected; `nil` if they are.
    var warning: String? {
        isUsable
            ? nil
            : "copies of this shop that run on this machine are not detected: \(folder) cannot be used by this user alone"
    }

    /// Throws if the identity is in use at another file. `what` names the thing in the message.
    func claim(_ identity: String, of file: String, what: String) throws(CommandFailure) {
        var status = stat()
        guard isUsable, stat(file, &status) == 0 else { return }
        let owner = "\(status.st_dev):\(status.st_ino) \(Self.absolute(file))"
        let mark = owner.prefix { $0 != " " }
        let other = claims.withLock { claims -> String? in
            if let known = claims[identity] {
                return known.owner.prefix { $0 != " " } == mark ? nil : known.owner
            }
            switch take(identity, owner) {
            case .mine(let descriptor):
                claims[identity] = Claim(descriptor: descriptor, owner: owner)
                return nil
            case .others(let owner): return owner
            case .unknown: return nil
            }
        }
        guard let other else { return }
        throw CommandFailure(
            "\(what) \(file) (\(identity)) is a copy of \(other.drop { $0 != " " }.dropFirst()), which a shop on this machine "
                + "uses now. Both together would charge and notify twice, so nothing was started. Stop the other one first. "
                + "See docs/runbook.md#shop-runs-twice")
    }

    /// Gives up all claims, and removes the files that nobody else has locked.
    func release() {
        claims.withLock { claims in
            for (identity, claim) in claims {
                if flock(claim.descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path(identity)) }
                close(claim.descriptor)
            }
            claims = [:]
        }
    }

    private enum Outcome {
        case mine(Int32)
        case others(String)
        case unknown
    }

    private func path(_ identity: String) -> String { "\(folder)/\(FileName.safe(identity)).claim" }

    private func take(_ identity: String, _ owner: String) -> Outcome {
        for _ in 0..<Self.tries {
            let descriptor = open(path(identity), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { return .unknown }
            // The first one writes where it uses the store; the lock that is shared then is taken anew, so it looks again.
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0, isAtItsPath(descriptor, identity) {
                ftruncate(descriptor, 0)
                pwrite(descriptor, owner, owner.utf8.count, 0)
            }
            if flock(descriptor, LOCK_SH | LOCK_NB) == 0, isAtItsPath(descriptor, identity) {
                let found = content(of: descriptor)
                if found.prefix(while: { $0 != " " }) == owner.prefix(while: { $0 != " " }) { return .mine(descriptor) }
                close(descriptor)
                return .others(found)
            }
            // Another process is at the same step.
            close(descriptor)
            sched_yield()
        }
        return .unknown
    }

    /// Whether the open file is still the one at its path: a process that stops removes it.
    private func isAtItsPath(_ descriptor: Int32, _ identity: String) -> Bool {
        var (open, named) = (stat(), stat())
        return fstat(descriptor, &open) == 0 && lstat(path(identity), &named) == 0 && open.st_ino == named.st_ino
            && open.st_dev == named.st_dev
    }

    private func content(of descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// Another user may have made a folder of that name.
    private var isUsable: Bool {
        mkdir(folder, 0o700)
        var status = stat()
        return lstat(folder, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
            && status.st_mode & 0o077 == 0
    }

    private static func absolute(_ path: String) -> String {
        guard let found = realpath(path, nil) else { return path }
        defer { free(found) }
        return String(cString: found)
    }
}
