import StorageSQLClient
import Testing

@Suite struct ConcurrencyLimitTests {
    /// How many can begin, beside those that have.
    private func room(_ limit: ConcurrencyLimit) -> Int {
        var limit = limit
        var count = 0
        while limit.hasRoom {
            limit.begin()
            count += 1
        }
        return count
    }

    @Test func those_who_meet_become_fewer_and_one_can_always_go_on() {
        var limit = ConcurrencyLimit(most: 8)
        #expect(room(limit) == 8)
        for left in [4, 2, 1, 1] {
            let active = room(limit)
            for _ in 0..<active { limit.begin() }
            // One decrease for all that met.
            for _ in 0..<active { limit.end(conflicted: true) }
            #expect(room(limit) == left)
        }
    }

    @Test func those_who_meet_nobody_become_more_again_up_to_all() {
        var limit = ConcurrencyLimit(most: 8)
        for _ in 0..<8 { limit.begin() }
        for _ in 0..<8 { limit.end(conflicted: true) }
        var turns = 0
        while room(limit) < 8 {
            limit.begin()
            limit.end(conflicted: false)
            turns += 1
            guard turns < 1000 else { break }
        }
        #expect((100..<1000).contains(turns))
        for _ in 0..<100 {
            limit.begin()
            limit.end(conflicted: false)
        }
        #expect(room(limit) == 8)
    }
}
