import CLinux
import Glibc

/// Starts a detached thread. A function of its own, and not isolated: a closure written in a `@main` type would be
/// isolated to the main actor and trap on the new thread.
nonisolated func startThread(named name: String, _ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(ThreadBody(name: name, run: body))
    var thread = pthread_t()
    let result = pthread_create(&thread, nil, { enterThread($0) }, box.toOpaque())
    precondition(result == 0, "cannot start a thread: \(String(cString: strerror(result)))")
    pthread_detach(thread)
}

private final class ThreadBody: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}

private func enterThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let body = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
    linux_name_thread(body.name)
    body.run()
    return nil
}
