/// How many events wait in an outbox, between one look at the database and the next.
///
/// An event that is committed while the look runs may count twice until the next look, which its commit brings about.
struct OutboxCount {
    /// By this process, since it began.
    var appended = 0
    /// Since the last look.
    var relayed = 0
    private var found = 0
    private var mark = 0

    var depth: Int { max(0, found + appended - mark - relayed) }

    mutating func begin(with found: Int, at mark: Int) {
        self.found = found
        self.mark = mark
        relayed = 0
    }
}
