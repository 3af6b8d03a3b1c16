public import FoundationEssentials
import Synchronization

/// Carries a body from one stream to another and changes it on the way, as fast as the slower side is. It holds no more
/// than both streams do, and ends when one of them does.
final class BodyPump: Sendable {
    typealias Change = @Sendable (BodyChange) -> Data?

    private enum Phase {
        case idle
        case running
        /// Something has happened while it ran.
        case runningAgain
    }
    private let source: BodyStream
    private let target: BodyStream
    private let change: Change
    private let phase = Mutex(Phase.idle)

    init(from source: BodyStream, to target: BodyStream, _ change: @escaping Change) {
        (self.source, self.target, self.change) = (source, target, change)
    }

    func start() {
        target.whenAskedToEnd { [source] in source.askToEnd() }
        target.whenOver { [source] result in
            if case .completed = result { return }
            source.cancel()
        }
        run()
    }

    /// One thread at a time does the work; others leave word that there is more.
    private func run() {
        let isFirst = phase.withLock { phase in
            defer { phase = phase == .idle ? .running : .runningAgain }
            return phase == .idle
        }
        guard isFirst else { return }
        repeat {
            move()
        } while phase.withLock { phase in
            defer { phase = phase == .runningAgain ? .running : .idle }
            return phase == .runningAgain
        }
    }

    private func move() {
        var isFlushed = true
        while true {
            guard target.hasRoom else { return target.whenWritable { self.resume() } }
            switch source.take() {
            case .bytes(let bytes):
                isFlushed = false
                guard pass(change(.bytes(bytes))) else { return }
            case .empty:
                // What has come so far is not held back until more comes.
                if !isFlushed {
                    isFlushed = true
                    guard pass(change(.pause)) else { return }
                    continue
                }
                return source.whenReadable { self.run() }
            case .ended:
                if pass(change(.end)) { target.finish() }
                return
            case .failed(let error): return target.fail(error)
            }
        }
    }

    private func resume() {
        if !target.isCancelled { run() }
    }

    private func pass(_ bytes: Data?) -> Bool {
        guard let bytes else {
            target.fail(TransportError(.interrupted, "The body cannot be changed on its way"))
            source.cancel()
            return false
        }
        target.offer(bytes)
        return true
    }
}

/// An event of a body that is changed on its way.
public enum BodyChange: Sendable {
    case bytes(Data)
    /// Nothing more has come so far: what is held back should go on.
    case pause
    case end
}

extension BodyStream {
    /// This body, changed on its way: `change` returns what is to be passed on, or `nil` if that cannot be made, which cuts
    /// the body off. It is called by one thread at a time.
    public func changed(_ change: @escaping @Sendable (BodyChange) -> Data?) -> BodyStream {
        let target = BodyStream()
        BodyPump(from: self, to: target, change).start()
        return target
    }
}
