import FoundationEssentials
import Kernel
import Messaging
import PlatformTestSupport
import Storage
import Synchronization
import Testing

/// Dead letters, with a consumer that is handed its events.
@Suite struct DeadLetterTests {
    @Test(arguments: LoopKind.allCases) func an_event_that_keeps_failing_holds_up_its_own_subject_only(
        kind: LoopKind
    ) async throws {
        try await Desk.with(kind, retries: 2) { desk in
            desk.refuse("a2")
            try await desk.handle("a1", "b1", "a2", "b2", "a3", "b3")
            try await desk.handle("a4", "c1")
            #expect(desk.handled == ["a1", "b1", "b2", "b3", "c1"])
            let letters = try await desk.letters.list()
            #expect(letters.map(\.event.id) == ["a2", "a3", "a4"])
            #expect(letters.map(\.state) == [.failed, .waiting, .waiting])
            #expect(letters.map(\.tries) == [3, 0, 0])
            #expect(letters[0].error?.contains("Refusal") == true)
            #expect(desk.failures == ["a2", "a2", "a2 final"])
            #expect(desk.letters.count == 3)
            #expect(try await desk.position == 8)
        }
    }

    @Test func a_retry_handles_what_waited_in_order_and_the_subject_goes_on() async throws {
        try await Desk.with { desk in
            desk.refuse("a1")
            try await desk.handle("a1", "a2", "b1", "a3")
            desk.accept("a1")
            let first = try await desk.letters.list()[0]
            let outcome = try await desk.letters.retry(first.id)
            #expect(outcome.handled == 3)
            #expect(outcome.failed.isEmpty)
            try await desk.handle("a4")
            #expect(desk.handled == ["b1", "a1", "a2", "a3", "a4"])
            #expect(desk.letters.count == 0)
        }
    }

    @Test func a_retry_that_fails_leaves_the_letter_where_it_was() async throws {
        try await Desk.with { desk in
            desk.refuse("a1", "a3")
            try await desk.handle("a1", "a2", "a3", "a4")
            let before = try await desk.letters.list()
            #expect(try await desk.letters.retry(before[0].id).failed.map(\.event.id) == ["a1"])
            desk.accept("a1")
            let outcome = try await desk.letters.retry(before[0].id)
            #expect(outcome.handled == 2)
            #expect(outcome.failed.map(\.event.id) == ["a3"])
            let after = try await desk.letters.list()
            #expect(after.map(\.event.id) == ["a3", "a4"])
            #expect(after.map(\.state) == [.failed, .waiting])
            #expect(desk.handled == ["a1", "a2"])
        }
    }

    @Test func only_the_first_of_a_subject_can_be_retried() async throws {
        try await Desk.with { desk in
            desk.refuse("a1")
            try await desk.handle("a1", "a2")
            let letters = try await desk.letters.list()
            let error = await #expect(throws: DeadLetterError.self) { try await desk.letters.retry(letters[1].id) }
            #expect(error?.code == .notFirst)
            #expect(desk.handled.isEmpty)
        }
    }

    @Test func an_edited_event_is_handled_with_its_new_data() async throws {
        try await Desk.with { desk in
            desk.refuse("a1")
            try await desk.handle("a1", "a2")
            let letter = try await desk.letters.list()[0]
            let error = await #expect(throws: DeadLetterError.self) {
                try await desk.letters.edit(letter.id, version: letter.version, data: Data("{".utf8))
            }
            #expect(error?.code == .notJSON)
            let edited = try await desk.letters.edit(letter.id, version: letter.version, data: Data(#"{"ok":1}"#.utf8))
            let stale = await #expect(throws: DeadLetterError.self) {
                try await desk.letters.edit(letter.id, version: letter.version, data: Data("2".utf8))
            }
            #expect(stale?.code == .changed)
            #expect(try await desk.letters.show(letter.id) == edited)
            desk.accept("a1")
            _ = try await desk.letters.retry(letter.id)
            #expect(desk.handled == [#"a1{"ok":1}"#, "a2"])
        }
    }

    @Test func a_dropped_event_is_never_handled_and_those_behind_it_are() async throws {
        try await Desk.with { desk in
            desk.refuse("a1")
            try await desk.handle("a1", "a2")
            let letter = try await desk.letters.list()[0]
            #expect(try await desk.letters.drop(letter.id).handled == 1)
            desk.accept("a1")
            try await desk.handle("a1", "a3")
            #expect(desk.handled == ["a2", "a3"])
            let error = await #expect(throws: DeadLetterError.self) { try await desk.letters.show(letter.id) }
            #expect(error?.code == .unknown)
        }
    }

    @Test func pages_of_large_events_are_cut_and_lead_to_all_of_them() async throws {
        try await Desk.with { desk in
            desk.refuse("a0")
            let large = Data("\"\(String(repeating: "x", count: 1 << 20))\"".utf8)
            for number in 0..<10 { try await desk.handle(["a\(number)"], data: large) }
            var (seen, request) = ([String](), PageRequest(size: 1000))
            for _ in 0..<10 {
                let page = try await desk.letters.page(DeadLetterQuery(), request)
                #expect(page.totalElements == 10)
                let bytes = page.items.reduce(0) { $0 + $1.event.data.count }
                #expect(bytes <= ReadLimits.pageBytes)
                seen += page.items.map(\.event.id)
                guard page.request.number + 1 < page.totalPages else { break }
                request = PageRequest(number: page.request.number + 1, size: page.request.size)
            }
            #expect(seen == (0..<10).map { "a\($0)" })
            // Those that are handled or dropped together are read in such parts, too.
            let part = try await desk.letters.list()
            let bytes = part.reduce(0) { $0 + $1.event.data.count }
            #expect(bytes <= ReadLimits.pageBytes)
            #expect(try await desk.letters.drop(DeadLetterQuery()) == 10)
            #expect(try await desk.letters.list().isEmpty)
        }
    }

    @Test func letters_are_retried_and_dropped_by_query() async throws {
        try await Desk.with { desk in
            desk.refuse("a1", "b1", "c1")
            try await desk.handle("a1", "b1", "a2", "c1", "b2")
            #expect(try await desk.letters.list(DeadLetterQuery(state: .failed)).count == 3)
            #expect(try await desk.letters.list(limit: 2).count == 2)
            desk.accept("a1", "b1")
            let outcome = try await desk.letters.retry(DeadLetterQuery(state: .failed))
            #expect(outcome.handled == 4)
            #expect(outcome.failed.map(\.event.id) == ["c1"])
            #expect(desk.handled == ["a1", "a2", "b1", "b2"])
            #expect(try await desk.letters.drop(DeadLetterQuery(subject: "a")) == 0)
            #expect(try await desk.letters.drop(DeadLetterQuery(subject: "c")) == 1)
            #expect(desk.letters.count == 0)
        }
    }

    @Test func an_event_that_comes_again_while_it_is_set_aside_is_a_duplicate() async throws {
        try await Desk.with { desk in
            desk.refuse("a1")
            try await desk.handle("a1")
            try await desk.handle("a1")
            #expect(try await desk.letters.list().count == 1)
            #expect(desk.consumer.duplicates == 1)
        }
    }

    @Test func a_database_that_is_away_makes_no_dead_letters() async throws {
        try await Desk.with { desk in
            desk.refuse("a1", with: StorageError(.unavailable, "away"), times: 6)
            try await desk.handle("a1", "a2")
            #expect(desk.handled == ["a1", "a2"])
            #expect(desk.letters.count == 0)
            #expect(desk.consumer.failures == 6)
        }
    }

    /// Where the transaction fails and not the handler, the events before the culprit must not pay for it.
    @Test func an_event_whose_transaction_fails_is_set_aside_alone() async throws {
        try await Desk.with { desk in
            desk.breakRule("a9")
            try await desk.handle("b1", "b2", "b3", "b4", "a9", "b5")
            #expect(desk.handled == ["b1", "b2", "b3", "b4", "b5"])
            #expect(try await desk.letters.list().map(\.event.id) == ["a9"])
        }
    }

    @Test func letters_that_wait_for_nothing_any_more_are_tried_with_a_later_batch() async throws {
        try await Desk.with { desk in
            desk.refuse("a1")
            try await desk.handle("a1", "a2", "a3")
            // As when the process dies between the end of the first letter and the next.
            try await desk.lose(desk.letters.list()[0])
            try await desk.pass(.seconds(11))
            try await desk.handle("b1")
            #expect(desk.handled == ["b1", "a2", "a3"])
            #expect(desk.letters.count == 0)
        }
    }

    @Test func a_rewind_forgets_what_was_handled_and_what_was_set_aside() async throws {
        try await Desk.with { desk in
            desk.refuse("a2")
            try await desk.handle("a1", "a2", "b1")
            try await desk.consumer.rewind()
            desk.accept("a2")
            await #expect(throws: (any Error).self) { try await desk.handle("b2") }
            #expect(try await desk.consumer.position(of: Desk.partition) == nil)
            try await desk.handleAgain("a1", "a2", "b1")
            #expect(desk.handled == ["a1", "b1", "a1", "a2", "b1"])
            #expect(desk.letters.count == 0)
        }
    }
}
