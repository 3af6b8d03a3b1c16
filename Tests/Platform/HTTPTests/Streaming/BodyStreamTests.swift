import FoundationEssentials
import HTTP
import Synchronization
import Testing

/// Raised by one task, looked at by another.
final class Flag: Sendable {
    private let state = Mutex(false)
    var isRaised: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}

@Suite struct BodyStreamTests {
    private static let piece = Data(repeating: 0x61, count: BodyStream.capacity)

    private static func text(_ stream: BodyStream) async throws -> String {
        String(decoding: try await stream.collect(atMost: 1 << 20), as: UTF8.self)
    }

    @Test func pieces_come_in_their_order_and_then_the_end() async throws {
        let stream = BodyStream()
        for text in ["a", "", "b", "c"] { stream.offer(Data(text.utf8)) }
        stream.finish()
        #expect(try await Self.text(stream) == "abc")
        #expect(stream.taken == 3)
    }

    @Test(arguments: [3, 5])
    func a_body_of_another_length_than_it_says_is_cut_off(length: Int) async {
        let stream = BodyStream(length: length)
        stream.offer(Data("four".utf8))
        stream.finish()
        await #expect(throws: TransportError.self) { try await Self.text(stream) }
        #expect(stream.failure?.code == .interrupted)
    }

    @Test func what_came_before_a_cut_is_read_first() async throws {
        let stream = BodyStream()
        stream.offer(Data("a".utf8))
        stream.fail(TransportError(.interrupted, "cut"))
        stream.finish()
        #expect(try await stream.next() == Data("a".utf8))
        let error = await #expect(throws: TransportError.self) { try await stream.next() }
        #expect(error?.message == "cut")
    }

    @Test func whoever_offers_waits_until_there_is_room() async throws {
        let stream = BodyStream()
        #expect(!stream.offer(Self.piece))
        let written = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await stream.write(Data("more".utf8))
                written.raise()
                stream.finish()
            }
            for _ in 0..<1000 { await Task.yield() }
            #expect(!written.isRaised)
            #expect(try await stream.next() == Self.piece)
            #expect(try await stream.next() == Data("more".utf8))
            #expect(try await stream.next() == nil)
            try await group.waitForAll()
        }
    }

    @Test func whoever_waits_to_write_learns_that_nobody_reads() async throws {
        let stream = BodyStream()
        stream.offer(Self.piece)
        await withTaskGroup(of: TransportError.Code?.self) { group in
            group.addTask {
                do throws(TransportError) { try await stream.write(Self.piece) } catch { return error.code }
                return nil
            }
            for _ in 0..<100 { await Task.yield() }
            stream.cancel()
            #expect(await group.next() == .cancelled)
        }
        await #expect(throws: TransportError.self) { try await stream.write(Data("x".utf8)) }
    }

    /// A cancelled body must not look like one that has ended.
    @Test func a_cancelled_body_has_no_end() async {
        let stream = BodyStream()
        stream.offer(Data("a".utf8))
        stream.cancel()
        stream.finish()
        await #expect(throws: TransportError.self) { try await stream.next() }
    }

    @Test func a_task_that_waits_for_bytes_can_be_cancelled() async {
        let stream = BodyStream()
        let task = Task { () -> TransportError.Code? in
            do throws(TransportError) { _ = try await stream.next() } catch { return error.code }
            return nil
        }
        for _ in 0..<100 { await Task.yield() }
        task.cancel()
        #expect(await task.value == .cancelled)
    }

    @Test(arguments: [nil, 9] as [Int?])
    func a_body_larger_than_its_limit_fails_once_it_is_read(length: Int?) async {
        let stream = BodyStream(length: length, maximum: 4)
        stream.offer(Data("123456789".utf8))
        // Whoever reads may set another limit before.
        #expect(stream.failure == nil)
        #expect(!stream.limit(to: 8))
        await #expect(throws: TransportError.self) { try await stream.next() }
        #expect(stream.failure?.code == .tooLarge)
    }

    @Test func a_raised_limit_holds() async throws {
        let stream = BodyStream(length: 9, maximum: 4)
        stream.offer(Data("123456789".utf8))
        #expect(stream.limit(to: 9))
        stream.finish()
        #expect(try await Self.text(stream) == "123456789")
    }

    @Test func the_end_is_told_once_and_to_all() async throws {
        let ends = Mutex<[String]>([])
        func note(_ stream: BodyStream) {
            stream.whenOver { result in
                ends.withLock {
                    switch result {
                    case .completed: $0.append("completed")
                    case .failed: $0.append("failed")
                    case .cancelled: $0.append("cancelled")
                    }
                }
            }
        }
        let whole = BodyStream()
        note(whole)
        whole.finish()
        #expect(ends.withLock { $0 }.isEmpty)
        #expect(try await whole.next() == nil)
        whole.cancel()
        note(whole)
        let cut = BodyStream()
        note(cut)
        cut.fail(TransportError(.interrupted, "cut"))
        cut.cancel()
        let left = BodyStream()
        note(left)
        left.cancel()
        left.fail(TransportError(.interrupted, "late"))
        #expect(ends.withLock { $0 } == ["completed", "completed", "failed", "cancelled"])
    }

    // MARK: Changed on the way

    private static func upper(_ change: BodyChange) -> Data? {
        switch change {
        case .bytes(let bytes): Data(String(decoding: bytes, as: UTF8.self).uppercased().utf8)
        case .pause: Data("|".utf8)
        case .end: Data("!".utf8)
        }
    }

    @Test func a_changed_body_is_flushed_at_pauses_and_ended() async throws {
        let source = BodyStream()
        let changed = source.changed(Self.upper)
        source.offer(Data("a".utf8))
        source.offer(Data("b".utf8))
        source.finish()
        #expect(try await Self.text(changed) == "A|B|!")
    }

    @Test func a_cut_body_is_cut_when_changed_too() async {
        let source = BodyStream()
        let changed = source.changed(Self.upper)
        source.offer(Data("a".utf8))
        source.fail(TransportError(.interrupted, "cut"))
        await #expect(throws: TransportError.self) { try await Self.text(changed) }
    }

    @Test func a_change_that_fails_cuts_off_both_sides() async {
        let source = BodyStream()
        let changed = source.changed { _ in nil }
        source.offer(Data("a".utf8))
        await #expect(throws: TransportError.self) { try await changed.next() }
        #expect(source.isCancelled)
    }

    @Test func whoever_leaves_a_changed_body_leaves_its_source() {
        let source = BodyStream()
        source.changed(Self.upper).cancel()
        #expect(source.isCancelled)
    }

    /// Both streams hold what they may, and no more is taken from the source.
    @Test func a_slow_reader_of_a_changed_body_slows_its_source() async throws {
        let source = BodyStream()
        let changed = source.changed(Self.upper)
        var offered = 0
        while source.hasRoom, offered < 100 {
            source.offer(Self.piece)
            offered += 1
        }
        #expect(offered == 2)
        source.finish()
        var count = 0
        while let bytes = try await changed.next() { count += bytes.count(where: { $0 == 0x41 }) }
        #expect(count == offered * BodyStream.capacity)
    }
}
