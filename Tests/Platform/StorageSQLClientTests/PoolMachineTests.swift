import StorageSQLClient
import Testing

@Suite struct PoolMachineTests {
    private typealias Action = PoolMachine<Int>.Action

    private func machine(_ connections: Int = 2, waiters: Int = 8) -> PoolMachine<Int> {
        PoolMachine(connections: connections, waiters: waiters)
    }

    @Test func a_request_opens_a_connection_and_gets_it() {
        var pool = machine()
        #expect(pool.request(1, isWriting: false, now: .zero) == [.startTimer(1), .open])
        #expect(pool.opened(10) == [.lease(10, to: 1)])
        #expect(pool.released(10, isOpen: true, isWriting: false, conflicted: false).isEmpty)
        #expect(pool.request(2, isWriting: false, now: .zero) == [.lease(10, to: 2)])
    }

    @Test func no_more_connections_are_opened_than_allowed_and_the_first_that_waits_is_served_first() {
        var pool = machine(1)
        _ = pool.request(1, isWriting: false, now: .zero)
        #expect(pool.request(2, isWriting: false, now: .zero) == [.startTimer(2)])
        #expect(pool.request(3, isWriting: false, now: .zero) == [.startTimer(3)])
        #expect(pool.opened(10) == [.lease(10, to: 1)])
        #expect(pool.released(10, isOpen: true, isWriting: false, conflicted: false) == [.lease(10, to: 2)])
        #expect(pool.released(10, isOpen: true, isWriting: false, conflicted: false) == [.lease(10, to: 3)])
    }

    @Test func a_request_that_waits_too_long_is_refused_once() {
        var pool = machine(1)
        _ = pool.request(1, isWriting: false, now: .zero)
        _ = pool.request(2, isWriting: false, now: .zero)
        #expect(pool.timedOut(2) == [.refuse(2, .timedOut)])
        #expect(pool.timedOut(2).isEmpty)
        #expect(pool.opened(10) == [.lease(10, to: 1)])
        #expect(pool.released(10, isOpen: true, isWriting: false, conflicted: false).isEmpty)
    }

    @Test func more_requests_than_may_wait_are_refused() {
        var pool = machine(1, waiters: 2)
        for request in 1...2 { _ = pool.request(request, isWriting: false, now: .zero) }
        #expect(pool.request(3, isWriting: false, now: .zero) == [.refuse(3, .crowded)])
    }

    @Test func a_failure_to_connect_refuses_those_who_wait_and_delays_the_next_attempt() {
        var pool = machine()
        _ = pool.request(1, isWriting: false, now: .zero)
        #expect(pool.openFailed(now: .zero) == [.refuse(1, .unreachable)])
        #expect(pool.request(2, isWriting: false, now: .milliseconds(99)) == [.refuse(2, .unreachable)])
        #expect(pool.request(3, isWriting: false, now: .milliseconds(100)) == [.startTimer(3), .open])
        // The delay doubles.
        #expect(pool.openFailed(now: .milliseconds(100)) == [.refuse(3, .unreachable)])
        #expect(pool.request(4, isWriting: false, now: .milliseconds(299)) == [.refuse(4, .unreachable)])
        #expect(pool.request(5, isWriting: false, now: .milliseconds(300)) == [.startTimer(5), .open])
        // A connection ends the outage.
        #expect(pool.opened(10) == [.lease(10, to: 5)])
        #expect(pool.request(6, isWriting: false, now: .milliseconds(301)) == [.startTimer(6), .open])
    }

    @Test func a_request_waits_for_a_leased_connection_while_no_other_can_be_made() {
        var pool = machine()
        _ = pool.request(1, isWriting: false, now: .zero)
        _ = pool.opened(10)
        _ = pool.request(2, isWriting: false, now: .zero)
        #expect(pool.openFailed(now: .zero).isEmpty)
        #expect(pool.released(10, isOpen: true, isWriting: false, conflicted: false) == [.lease(10, to: 2)])
    }

    @Test func a_connection_that_was_lost_in_use_takes_the_idle_ones_with_it_and_is_replaced() {
        var pool = machine(3)
        for request in 1...3 { _ = pool.request(request, isWriting: false, now: .zero) }
        for connection in [10, 11, 12] { _ = pool.opened(connection) }
        _ = pool.released(11, isOpen: true, isWriting: false, conflicted: false)
        _ = pool.released(12, isOpen: true, isWriting: false, conflicted: false)
        #expect(
            pool.released(10, isOpen: false, isWriting: false, conflicted: false) == [.close(11), .close(12)])
        #expect(pool.request(4, isWriting: false, now: .zero) == [.startTimer(4), .open])
    }

    @Test func an_idle_connection_that_was_lost_is_not_leased_again() {
        var pool = machine()
        _ = pool.request(1, isWriting: false, now: .zero)
        _ = pool.opened(10)
        #expect(pool.lost(10).isEmpty)
        #expect(!pool.isIdle(10))
        _ = pool.released(10, isOpen: true, isWriting: false, conflicted: false)
        #expect(pool.isIdle(10))
        #expect(pool.lost(10).isEmpty)
        #expect(pool.request(2, isWriting: false, now: .zero) == [.startTimer(2), .open])
    }

    @Test func writers_that_conflict_become_fewer_while_readers_are_served() {
        var pool = machine(2)
        for request in 1...2 { _ = pool.request(request, isWriting: true, now: .zero) }
        for connection in [10, 11] { _ = pool.opened(connection) }
        _ = pool.released(10, isOpen: true, isWriting: true, conflicted: true)
        // One may write now, and one writes.
        #expect(pool.request(3, isWriting: true, now: .zero) == [.startTimer(3)])
        #expect(pool.request(4, isWriting: false, now: .zero) == [.lease(10, to: 4)])
        #expect(pool.released(11, isOpen: true, isWriting: true, conflicted: false) == [.lease(11, to: 3)])
    }

    @Test func a_closed_pool_serves_those_who_wait_and_then_ends() {
        var pool = machine(1)
        _ = pool.request(1, isWriting: false, now: .zero)
        _ = pool.opened(10)
        _ = pool.request(2, isWriting: false, now: .zero)
        #expect(pool.close().isEmpty)
        #expect(pool.request(3, isWriting: false, now: .zero) == [.refuse(3, .closed)])
        #expect(pool.released(10, isOpen: true, isWriting: false, conflicted: false) == [.lease(10, to: 2)])
        #expect(pool.released(10, isOpen: true, isWriting: false, conflicted: false) == [.close(10), .finish])
    }

    @Test func a_pool_without_connections_ends_at_once() {
        var pool = machine()
        #expect(pool.close() == [.finish])
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func no_request_is_lost_and_no_connection_leased_twice(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var pool = machine(3)
        var (opening, leased, waiting) = (0, [Int: Int](), Set<Int>())
        var (nextConnection, nextRequest, settled) = (100, 0, Set<Int>())
        func apply(_ actions: [Action]) {
            for action in actions {
                switch action {
                case .lease(let connection, let request):
                    #expect(leased[connection] == nil, "connection \(connection) is leased twice")
                    leased[connection] = request
                    waiting.remove(request)
                    #expect(settled.insert(request).inserted)
                case .refuse(let request, _):
                    waiting.remove(request)
                    #expect(settled.insert(request).inserted)
                case .startTimer(let request): waiting.insert(request)
                case .open: opening += 1
                case .close(let connection): #expect(leased[connection] == nil)
                case .finish: break
                }
                #expect(opening + leased.count <= 3)
            }
        }
        func release() {
            guard let (connection, _) = leased.min(by: { $0.key < $1.key }) else { return }
            leased[connection] = nil
            apply(pool.released(connection, isOpen: random.next() % 5 > 0, isWriting: false, conflicted: false))
        }
        for step in 0..<400 {
            let now = Duration.milliseconds(step * 50)
            switch random.next() % 4 {
            case 0, 1:
                nextRequest += 1
                apply(pool.request(nextRequest, isWriting: false, now: now))
            case 2 where opening > 0:
                opening -= 1
                nextConnection += 1
                apply(random.next() % 4 > 0 ? pool.opened(nextConnection) : pool.openFailed(now: now))
            default: release()
            }
        }
        for _ in 0..<2000 where !waiting.isEmpty {
            if opening > 0 {
                opening -= 1
                nextConnection += 1
                apply(pool.opened(nextConnection))
            } else {
                release()
            }
        }
        #expect(waiting.isEmpty)
        #expect(settled.count == nextRequest)
    }
}

/// Numbers that a seed decides, so that a failing run comes again.
private struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed &+ 0x9e37_79b9_7f4a_7c15 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
