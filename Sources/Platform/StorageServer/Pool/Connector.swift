import Kernel
package import Runtime

/// Makes connections of one kind. `establish` runs on a thread of its own, since looking up names, TLS and the proof of
/// a password take their time; `adopt` on the loop's.
package protocol Connector: Sendable {
    associatedtype Connection: ServerConnection
    /// A connection that is there and set up, on its way to its owner.
    associatedtype Established: Sendable

    func establish() throws(ServerError) -> Established
    /// Takes it over. A statement that has no answer after `timeout` ends the connection.
    func adopt(_ established: Established, loop: EventLoop, timeout: Duration) -> Connection
}
