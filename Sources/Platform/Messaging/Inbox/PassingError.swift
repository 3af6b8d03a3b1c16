import Storage

/// Whether an error says nothing of the event: the database was away, its commit was not confirmed (then the inbox knows
/// the event again), or the consumer is being stopped. Such errors are waited out for as long as they last.
func isPassing(_ error: any Error) -> Bool {
    switch error {
    case let error as StorageError: error.isRetriable || error.code == .closed || error.code == .outcomeUnknown
    case is CancellationError, is PositionMoved: true
    default: false
    }
}
