import Kernel
import Testing

@Suite struct FileFollowerTests {
    /// A look each second at these stamps, from the first one on; returns when the files were to be read.
    private static func reads(
        _ follower: inout FileFollower<Int>, _ stamps: [Int], from second: Int = 0,
        _ end: (inout FileFollower<Int>, Int, Duration) -> Void = { follower, stamp, _ in
            follower.accept(stamp)
        }
    ) -> [Int] {
        stamps.enumerated().compactMap { offset, stamp in
            let time = Duration.seconds(second + offset)
            guard follower.look(stamp, at: time) else { return nil }
            end(&follower, stamp, time)
            return second + offset
        }
    }

    @Test func files_are_read_once_they_stand_still() {
        var follower = FileFollower(1)
        #expect(Self.reads(&follower, [1, 1, 2, 3, 4, 4, 4, 5, 5, 5]) == [5, 8])
        #expect(follower.refusedBecause == nil)
    }

    @Test func files_that_never_stand_still_are_read_if_patience_ends() {
        var (patient, follower) = (FileFollower(1), FileFollower(1, patience: 3))
        #expect(Self.reads(&patient, [2, 3, 4, 5, 6, 7, 8]) == [])
        #expect(Self.reads(&follower, [2, 3, 4, 5, 6, 7, 7, 8, 8, 9, 10, 10, 10]) == [2, 5, 8, 11])
    }

    @Test func files_that_are_refused_are_tried_again_each_minute_and_at_once_when_they_change() {
        var follower = FileFollower(1)
        var news: [Bool] = []
        let refuse = { (follower: inout FileFollower<Int>, stamp: Int, time: Duration) in
            news.append(follower.refuse(stamp, because: "no key", at: time))
        }
        let stamps = [Int](repeating: 2, count: 150) + [3, 3, 3]
        #expect(Self.reads(&follower, stamps, refuse) == [1, 61, 121, 151])
        // Each change is answered; what stays the same is told once.
        #expect(news == [true, false, false, true])
        #expect(follower.refusedBecause == "no key")
        let isNews = follower.refuse(3, because: "expired", at: .seconds(151))
        #expect(isNews)
    }

    @Test func files_that_are_as_they_were_are_not_read_and_no_longer_refused() {
        var follower = FileFollower(1)
        _ = Self.reads(&follower, [2, 2]) { _ = $0.refuse($1, because: "no key", at: $2) }
        #expect(Self.reads(&follower, [1, 1, 1], from: 2) == [])
        #expect(follower.refusedBecause == nil)
    }

    /// Files that changed while they were read have another stamp at the next look than the one that was accepted.
    @Test func what_is_accepted_is_what_was_seen_before_reading() {
        var follower = FileFollower(1)
        _ = Self.reads(&follower, [2, 2])
        #expect(Self.reads(&follower, [3, 3], from: 2) == [3])
    }
}
