import Storage

/// Whether an error says nothing of the event: the database was away, or the consumer is being stopped. Such errors are
/// waited out for as long as they last.
func isPassing(_ error: any Error) -> Bool {
    switch error {
    case let error as StorageError: error.isRetriable || error.code == .closed
    case is CancellationError, is PositionMoved: true
    default: false
    }
}
