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
        #expect(book.inTheWay == 2)
        #expect(book.begin(rows, atMost: 2, at: start).rows.map(\.id) == ["3"])
        book.finish(claimed: rows[0])
        #expect(book.begin(rows, atMost: 2, at: start).rows.map(\.id) == ["1"])
    }

    @Test func a_row_that_comes_back_unchanged_waits_longer_each_time_and_a_changed_one_not_at_all() {
        var book = JobBook<Row>(retry: retry, key: nil)
        var (row, time) = (Row(id: "1"), start)
        for seconds in [2, 4, 8, 8] {
            #expect(book.begin([row], atMost: 1, at: time).rows.count == 1)
            book.finish(row, .failed, at: time)
            let next = time + .seconds(seconds)
            #expect(book.nextTry(after: time) == next)
            #expect(book.begin([row], atMost: 1, at: next - .milliseconds(1)).rows.isEmpty)
            time = next
        }
        #expect(book.begin([row], atMost: 1, at: time).rows.count == 1)
        book.finish(row, .failed, at: time)
        row.version = 2
        #expect(book.begin([row], atMost: 1, at: time).rows.count == 1)
    }

    @Test func a_row_that_is_not_found_again_is_forgotten() {
        var book = JobBook<Row>(retry: retry, key: nil)
        let row = Row(id: "1")
        _ = book.begin([row], atMost: 1, at: start)
        book.finish(row, .failed, at: start)
        book.forget(except: [])
        _ = book.begin([row], atMost: 1, at: start + .seconds(11))
        book.finish(row, .failed, at: start + .seconds(11))
        #expect(book.nextTry(after: start + .seconds(11)) == start + .seconds(13))
    }

    @Test func only_rows_that_a_look_would_have_found_are_forgotten() {
        var book = JobBook<Row>(retry: retry, key: nil) { Int64($0.id) ?? 0 }
        let rows = [Row(id: "10"), Row(id: "20"), Row(id: "30")]
        _ = book.begin(rows, atMost: 3, at: start)
        for row in rows { book.finish(row, .failed, at: start) }
        let now = start + .seconds(1)
        book.forget(except: [rows[0]], before: 20)
        #expect(book.begin(rows, atMost: 3, at: now).rows.isEmpty)
        book.forget(except: [], after: 10, before: 30)
        #expect(book.begin(rows, atMost: 3, at: now).rows.map(\.id) == ["20"])
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

    @Test func rows_that_were_tried_before_give_half_of_the_places_to_others_and_take_what_is_left() {
        var book = JobBook<Row>(retry: retry, atOnce: 4, key: nil)
        let old = (1...6).map { Row(id: "old\($0)") }
        let new = (1...4).map { Row(id: "new\($0)") }
        #expect(book.begin(old, atMost: 6, at: start).rows.count == 6)
        for row in old { book.finish(row, .failed, at: start) }
        let later = start + .seconds(2)
        let choice = book.begin(old + new, atMost: 4, at: later)
        #expect(choice.rows.map(\.id) == ["old1", "old2", "new1", "new2"])
        #expect(choice.aside.map(\.id) == ["old3", "old4", "old5", "old6"])
        for row in choice.rows { book.finish(claimed: row) }
        let alone = book.begin(choice.aside, atMost: 4, at: later)
        #expect(alone.rows.count == 2)
        #expect(book.begin(aside: alone.aside, atMost: 1).map(\.id) == ["old5"])
    }

    @Test func with_one_place_rows_that_were_tried_before_and_others_take_turns() {
        var book = JobBook<Row>(retry: .exponential(from: .milliseconds(1), cap: .milliseconds(1)), atOnce: 1, key: nil)
        let stuck = Row(id: "stuck")
        var (begun, time) = ([String](), start)
        for number in 1...6 {
            let found = [stuck, Row(id: "E\(number)")]
            let choice = book.begin(found, atMost: 1, at: time)
            begun += choice.rows.map(\.id)
            for row in choice.rows {
                if row.id == stuck.id { book.finish(row, .failed, at: time) } else { book.finish(claimed: row) }
            }
            time = time + .milliseconds(2)
        }
        #expect(begun == ["stuck", "stuck", "E3", "stuck", "E5", "stuck"])
    }

    @Test func a_row_behind_one_of_its_key_that_was_passed_over_waits_for_the_next_round() {
        var book = JobBook<Row>(retry: retry) { $0.group }
        let rows = (1...4).map { Row(id: "\($0)", group: "A") }
        #expect(book.begin([rows[0]], atMost: 4, at: start).rows.count == 1)
        #expect(book.begin([rows[1]], atMost: 4, at: start, fromStart: false).isBlocked)
        book.finish(claimed: rows[0])
        // Its key is free, and 2 is older than 3.
        #expect(book.begin([rows[2]], atMost: 4, at: start, fromStart: false).rows.isEmpty)
        #expect(book.begin([rows[1]], atMost: 4, at: start).rows.map(\.id) == ["2"])
        book.finish(claimed: rows[1])
        book.beginRound()
        #expect(book.begin([rows[2]], atMost: 4, at: start, fromStart: false).rows.map(\.id) == ["3"])
    }

    @Test func a_row_that_failed_holds_later_ones_of_its_key_until_it_is_done() {
        var book = JobBook<Row>(retry: retry) { $0.group }
        let rows = [Row(id: "1", group: "A"), Row(id: "2", group: "A"), Row(id: "3", group: "B")]
        #expect(book.begin(rows, atMost: 3, at: start).rows.map(\.id) == ["1", "3"])
        book.finish(rows[0], .failed, at: start)
        book.finish(claimed: rows[2])
        let soon = start + .seconds(1)
        #expect(book.begin(rows, atMost: 3, at: soon).rows.map(\.id) == ["3"])
        // A look that begins behind it does not see it.
        book.beginRound()
        #expect(book.begin([rows[1]], atMost: 3, at: soon, fromStart: false).rows.isEmpty)
        let later = start + .seconds(2)
        #expect(book.begin(rows, atMost: 3, at: later).rows.map(\.id) == ["1"])
        book.finish(claimed: rows[0])
        #expect(book.begin([rows[1]], atMost: 3, at: later).rows.map(\.id) == ["2"])
    }

    @Test func a_row_whose_work_had_nothing_to_do_holds_no_other_of_its_key() {
        var book = JobBook<Row>(retry: retry) { $0.group }
        let rows = [Row(id: "1", group: "A"), Row(id: "2", group: "A")]
        #expect(book.begin(rows, atMost: 2, at: start).rows.map(\.id) == ["1"])
        book.finish(rows[0], .done, at: start)
        #expect(book.begin(rows, atMost: 2, at: start + .seconds(1)).rows.map(\.id) == ["2"])
    }

    @Test func a_row_that_was_tried_again_meanwhile_is_not_forgotten() {
        var book = JobBook<Row>(retry: retry, key: nil)
        let row = Row(id: "1")
        _ = book.begin([row], atMost: 1, at: start)
        book.finish(row, .failed, at: start)
        let later = start + .seconds(2)
        let listed = book.retries(atMost: 9, at: later)
        _ = book.begin([row], atMost: 1, at: later)
        #expect(book.retries(atMost: 9, at: later).isEmpty)
        book.finish(row, .failed, at: later)
        book.forget(listed)
        #expect(book.begin([row], atMost: 1, at: later).rows.isEmpty)
    }

    @Test func a_row_that_gives_way_to_others_is_not_overtaken_by_its_own_key() {
        var book = JobBook<Row>(retry: retry, atOnce: 2) { $0.group }
        let rows = ["A", "B", "C"].map { Row(id: "\($0)1", group: $0) }
        #expect(book.begin(rows, atMost: 3, at: start).rows.count == 3)
        for row in rows { book.finish(row, .failed, at: start) }
        let later = start + .seconds(2)
        let found = rows + [Row(id: "C2", group: "C"), Row(id: "D1", group: "D")]
        let choice = book.begin(found, atMost: 4, at: later)
        #expect(choice.rows.map(\.id) == ["A1", "D1"])
        #expect(choice.aside.map(\.id) == ["B1", "C1"])
    }

    @Test func rows_that_may_be_tried_again_come_in_the_order_of_their_times() {
        var book = JobBook<Row>(retry: retry, key: nil)
        let rows = (1...3).map { Row(id: "\($0)") }
        _ = book.begin(rows, atMost: 3, at: start)
        for (seconds, row) in zip([3, 1, 2], rows) { book.finish(row, .failed, at: start + .seconds(seconds)) }
        #expect(book.retries(atMost: 2, at: start + .seconds(5)).map(\.id) == ["2", "3"])
        #expect(book.retries(atMost: 9, at: start + .seconds(4)).map(\.id) == ["2", "3"])
        _ = book.begin([rows[1]], atMost: 1, at: start + .seconds(5))
        book.forget(book.retries(atMost: 9, at: start + .seconds(5)).filter { $0.id == "3" })
        #expect(book.retries(atMost: 9, at: start + .seconds(5)).map(\.id) == ["1"])
    }

    @Test func after_a_conflict_a_row_is_begun_at_once_and_after_a_second_one_later() {
        var book = JobBook<Row>(retry: retry, key: nil)
        let row = Row(id: "1")
        _ = book.begin([row], atMost: 1, at: start)
        book.finish(row, .conflicted, at: start)
        #expect(book.begin([row], atMost: 1, at: start).rows.count == 1)
        book.finish(row, .conflicted, at: start)
        #expect(book.begin([row], atMost: 1, at: start).rows.isEmpty)
        #expect(book.nextTry(after: start) == start + .seconds(2))
    }
}
