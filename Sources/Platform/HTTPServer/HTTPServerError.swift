/// Why a server could not start.
public struct HTTPServerError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// Another process listens there.
        case addressInUse
        /// The address is not one of this machine, or none at all.
        case invalidAddress
        /// A port below 1024, or a path that this user may not write.
        case notPermitted
        /// The server was started before.
        case alreadyStarted
        case system
    }
    public let code: Code
    public let description: String
}
