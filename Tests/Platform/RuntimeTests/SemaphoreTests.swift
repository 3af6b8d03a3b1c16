import Kernel
import Runtime
import Synchronization
import Testing

@Suite struct SemaphoreTests {
    @Test func each_wait_uses_up_one_signal_whichever_comes_first() {
        let (semaphore, other) = (Semaphore(), Semaphore())
        semaphore.signal()
        semaphore.signal()
        semaphore.wait()
        semaphore.wait()
        let order = Mutex<[String]>([])
        let worker = ThreadWorker(name: "waits")
        worker.submit {
            semaphore.wait()
            order.withLock { $0.append("woken") }
            other.signal()
        }
        order.withLock { $0.append("signalled") }
        semaphore.signal()
        other.wait()
        #expect(order.withLock { $0 } == ["signalled", "woken"])
        worker.stop()
    }
}
