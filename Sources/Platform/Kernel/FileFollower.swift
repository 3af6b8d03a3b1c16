/// Decides when files that are replaced while a process runs are read again: pure, without I/O and clock. A stamp is the
/// state of all of them together.
///
/// They are read once they have stood still between two looks, so that nobody reads half of them. Files that are replaced
/// at once have no halves: with `patience` they are read after as many looks at which they had changed again. What is refused is tried
/// again every minute, since it may depend on more than the files: on permissions of folders, on other files, on the time.
public struct FileFollower<Stamp: Hashable & Sendable>: Sendable {
    private struct Refusal {
        let stamp: Stamp
        let reason: String
        let nextTry: Duration
    }
    /// The files in force, as they were before they were read.
    private var known: Stamp
    private var latest: Stamp
    private var refusal: Refusal?

    private var changedLooks = 0

    private let patience: Int?
    private let retryTime = Duration.seconds(60)

    /// `stamp` is to be taken before the files are read: one that changes meanwhile must not count as known.
    public init(_ stamp: Stamp, patience: Int? = nil) {
        (known, latest) = (stamp, stamp)
        self.patience = patience
    }

    /// The reason for which the files, as they are now, were refused; `nil` if they were not.
    public var refusedBecause: String? { refusal?.reason }

    /// Whether the files are to be read now. `accept` or `refuse` says how that ended, with the same stamp.
    public mutating func look(_ stamp: Stamp, at time: Duration) -> Bool {
        changedLooks = stamp == latest ? 0 : changedLooks + 1
        let isSettled = stamp == latest || patience.map { changedLooks >= $0 } == true
        if isSettled { changedLooks = 0 }
        latest = stamp
        guard stamp != known else {
            refusal = nil
            return false
        }
        guard let refusal, refusal.stamp == stamp else { return isSettled }
        return time >= refusal.nextTry
    }

    public mutating func accept(_ stamp: Stamp) {
        (known, latest, refusal) = (stamp, stamp, nil)
    }

    /// Returns whether this is news: the next tries end the same way for as long as nothing changes.
    public mutating func refuse(_ stamp: Stamp, because reason: String, at time: Duration) -> Bool {
        let before = refusal
        refusal = Refusal(stamp: stamp, reason: reason, nextTry: time + retryTime)
        return before?.stamp != stamp || before?.reason != reason
    }
}
