import CLinux

/// A counting semaphore for threads: what a task must never wait for.
package final class Semaphore: @unchecked Sendable {  // POSIX semaphores are made for use from several threads.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    package init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    package func signal() { sem_post(semaphore) }

    /// Returns after one signal, which it uses up.
    package func wait() {
        while sem_wait(semaphore) != 0 {}
    }
}
