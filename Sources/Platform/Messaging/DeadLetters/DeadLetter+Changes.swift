import Kernel

extension DeadLetter {
    /// With other data, one version on.
    func with(event: CloudEvent) -> DeadLetter {
        DeadLetter(
            id: id, version: version + 1, group: group, event: event, partition: partition, position: position,
            state: state, error: error, tries: tries, setAsideAt: setAsideAt)
    }

    /// As after one more try, one version on.
    func failedAgain(_ error: any Error) -> DeadLetter {
        DeadLetter(
            id: id, version: version + 1, group: group, event: event, partition: partition, position: position,
            state: .failed, error: ErrorText.of(error), tries: tries + 1, setAsideAt: setAsideAt)
    }
}
