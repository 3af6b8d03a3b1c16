extension Loop {
    /// Waits on this loop's own time. Throws `CancellationError` as soon as the task is cancelled.
    public func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        let end = OneShot<Void>()
        let timer = schedule(after: duration) { end.give(()) }
        await withTaskCancellationHandler {
            await end.value()
        } onCancel: {
            timer.cancel()
            end.give(())
        }
        try Task.checkCancellation()
    }
}
