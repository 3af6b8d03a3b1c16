import Kernel
import Storage
import Testing

@testable import ServiceHost

private struct Row: Entity {
    let id: String
    var version: Int64 = 1
    var group = ""

    static let collection = Collection<Row>("rows", fields: [])
}

@Suite struct JobBookTests {
    private let start = Timestamp(milliseconds: 0)
    private let retry = RetryPolicy.exponential(from: .seconds(2), cap: .seconds(8))

    @Test func a_row_that_is_under_way_is_not_begun_twice() {
        var book = JobBook<Row>(retry: retry, key: nil)
        let rows = [Row(id: "1"), Row(id: "2"), Row(id: "3")]
        #expect(book.begin(rows, atMost: 2, at: start).rows.map(\.id) == ["1", "2"])
        #expect(book.held(at: start) == 2)
        #expect(book.begin(rows, atMost: 2, at: start).rows.map(\.id) == ["3"])
        book.finish(claimed: rows[0])
        #expect(book.begin(rows, atMost: 2, at: start).rows.map(\.id) == ["1"])
    }

    @Test func a_row_that_comes_back_unchanged_waits_longer_each_time_and_a_changed_one_not_at_all() {
        var book = JobBook<Row>(retry: retry, key: nil)
        var (row, time) = (Row(id: "1"), start)
        for seconds in [2, 4, 8, 8] {
            #expect(book.begin([row], atMost: 1, at: time).rows.count == 1)
            book.finish(row, hasFailed: true, at: time)
            let next = time + .seconds(seconds)
            #expect(book.nextTry(after: time) == next)
            #expect(book.begin([row], atMost: 1, at: next - .milliseconds(1)).rows.isEmpty)
            time = next
        }
        #expect(book.begin([row], atMost: 1, at: time).rows.count == 1)
        book.finish(row, hasFailed: true, at: time)
        row.version = 2
        #expect(book.begin([row], atMost: 1, at: time).rows.count == 1)
    }

    @Test func a_row_that_is_not_found_again_is_forgotten() {
        var book = JobBook<Row>(retry: retry, key: nil)
        let row = Row(id: "1")
        _ = book.begin([row], atMost: 1, at: start)
        book.finish(row, hasFailed: true, at: start)
        _ = book.begin([], atMost: 1, at: start + .seconds(11))
        _ = book.begin([row], atMost: 1, at: start + .seconds(11))
        book.finish(row, hasFailed: true, at: start + .seconds(11))
        #expect(book.nextTry(after: start + .seconds(11)) == start + .seconds(13))
    }

    @Test func rows_of_one_key_wait_for_each_other_and_handed_ones_do_not() {
        var book = JobBook<Row>(retry: retry) { $0.group }
        let rows = [Row(id: "1", group: "A"), Row(id: "2", group: "A"), Row(id: "3", group: "B")]
        let begun = book.begin(rows, atMost: 3, at: start)
        #expect(begun.rows.map(\.id) == ["1", "3"])
        #expect(begun.isBlocked)
        book.begin(handed: rows[1])
        book.finish(claimed: rows[0])
        #expect(book.begin([rows[0]], atMost: 1, at: start).rows.isEmpty)
        book.finish(claimed: rows[1])
        #expect(book.begin([rows[0]], atMost: 1, at: start).rows.map(\.id) == ["1"])
    }
}
