import StorageSQLClient
import Testing

@Suite struct StatementCacheTests {
    @Test func the_statement_used_longest_ago_makes_room() {
        var cache = StatementCache<Int>(limit: 3)
        for number in 1...3 { #expect(cache.insert(number, for: "s\(number)") == nil) }
        #expect(cache.find("s1") == 1)
        #expect(cache.insert(4, for: "s4") == 2)
        #expect(cache.find("s2") == nil)
        #expect(cache.find("s1") == 1)
        #expect(cache.count == 3)
    }

    @Test func no_more_are_kept_than_the_limit_whatever_comes() {
        var cache = StatementCache<Int>()
        for number in 0..<1000 {
            let evicted = cache.insert(number, for: "s\(number)")
            #expect(evicted == (number < 256 ? nil : number - 256))
        }
        #expect(cache.count == StatementCache<Int>.defaultLimit)
    }

    @Test func a_statement_that_replaces_one_of_its_text_takes_no_other_place() {
        var cache = StatementCache<Int>(limit: 2)
        _ = cache.insert(1, for: "a")
        _ = cache.insert(2, for: "b")
        #expect(cache.insert(3, for: "a") == 1)
        #expect(cache.find("b") == 2)
    }

    @Test func a_removed_statement_is_prepared_again() {
        var cache = StatementCache<Int>(limit: 2)
        _ = cache.insert(1, for: "a")
        cache.remove("a")
        #expect(cache.find("a") == nil)
        #expect(cache.count == 0)
    }
}
