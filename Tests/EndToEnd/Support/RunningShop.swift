import Foundation

/// The processes of a shop that was started as a whole.
struct RunningShop {
    let processes: [Process]

    /// Asks all of them to stop and waits until they have. Gives the first status that tells of a failure, else 0.
    func end() -> Int32 {
        for process in processes { process.terminate() }
        for process in processes { process.waitUntilExit() }
        return processes.lazy.map(\.terminationStatus).first { $0 != 0 } ?? 0
    }

    func killNow() {
        for process in processes { kill(process.processIdentifier, SIGKILL) }
        for process in processes { process.waitUntilExit() }
    }
}
