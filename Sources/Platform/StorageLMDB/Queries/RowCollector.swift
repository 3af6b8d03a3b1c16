/// Gathers rows in the order of a question, and knows when it has enough of them.
///
/// Rows come in groups whose order is settled; inside a group they are sorted here.
struct RowCollector {
    private let question: Question
    private let needed: Int
    private var settled: [StoredRow] = []
    private var group: [StoredRow] = []

    init(_ question: Question, needed: Int) {
        self.question = question
        self.needed = needed
    }

    /// Tells whether more rows are wanted.
    mutating func add(_ row: StoredRow, beginsGroup: Bool) -> Bool {
        if beginsGroup {
            settle()
            if settled.count >= needed { return false }
        }
        group.append(row)
        return true
    }

    mutating func finish() -> ArraySlice<StoredRow> {
        settle()
        return settled.prefix(needed)
    }

    private mutating func settle() {
        if group.count > 1 { group.sort { question.isOrdered($0, before: $1) } }
        settled += group
        group.removeAll(keepingCapacity: true)
    }
}
