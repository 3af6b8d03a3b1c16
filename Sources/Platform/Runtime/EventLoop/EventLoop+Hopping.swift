extension EventLoop {
    /// At once where the caller is on the loop already.
    package func runOrExecute(_ action: @escaping @Sendable () -> Void) {
        if isCurrent { action() } else { execute(action) }
    }
}
