import CLinux
import CRDKafka
import Glibc
import Runtime
import Synchronization

/// One of librdkafka's queues, and an eventfd by which its threads wake the loop.
final class KafkaQueue: @unchecked Sendable {  // librdkafka locks its queues; the rest is immutable or atomic
    let raw: OpaquePointer
    private let loop: EventLoop
    private let bell: Int32
    private let isClosed = Atomic(false)

    /// Takes the reference over. `onReady` runs on the loop when something was put into the empty queue.
    init(_ raw: OpaquePointer, loop: EventLoop, onReady: @escaping @Sendable () -> Void) {
        self.raw = raw
        self.loop = loop
        let bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(bell >= 0, "no eventfd for a queue: \(String(cString: strerror(errno)))")
        self.bell = bell
        var one: UInt64 = 1
        rd_kafka_queue_io_event_enable(raw, bell, &one, MemoryLayout<UInt64>.size)
        loop.execute {
            loop.watch(bell, .readable) { _ in
                var rings: UInt64 = 0
                _ = read(bell, &rings, MemoryLayout<UInt64>.size)
                onReady()
            }
        }
    }

    /// The next event, or `nil`; never waits.
    func poll() -> KafkaEvent? { rd_kafka_queue_poll(raw, 0).map { KafkaEvent($0) } }

    /// Must be called before the client is destroyed; without effect the second time.
    func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        rd_kafka_queue_io_event_enable(raw, -1, nil, 0)
        rd_kafka_queue_destroy(raw)
        loop.execute { [loop, bell] in
            loop.unwatch(bell)
            Glibc.close(bell)
        }
    }
}
