/// A transaction's body that waits for its turn on a worker, and the caller that waits for its outcome.
package protocol TransactionJob<Engine>: Sendable {
    associatedtype Engine

    var scope: BodyScope<Engine> { get }

    /// Runs the body on the calling thread, to its end or to where it breaks the rule. Gives the error it ended with.
    func run(on engine: Engine) -> (any Error)?

    /// Lets the caller go on: with what the body gave, or with `error`.
    func resume(failing error: (any Error)?)
}
