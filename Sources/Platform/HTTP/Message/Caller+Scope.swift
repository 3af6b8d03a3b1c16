public import Kernel

extension Caller {
    /// The part of the shop that a caller sees and may change, as their roles say.
    public enum Scope: Sendable, Hashable {
        case everything
        /// Everything of these branches, which are in ascending order.
        case branches([Int64], by: Principal)
        /// Everything that was made for this principal.
        case own(Principal)

        public func includes(branch: Int64) -> Bool {
            switch self {
            case .everything: true
            case .branches(let branches, _): branches.contains(branch)
            case .own: false
            }
        }

        /// The owner of something that the caller makes; `nil` if it belongs to nobody in particular.
        public var owner: Principal? {
            switch self {
            case .everything: nil
            case .branches(_, let principal), .own(let principal): principal
            }
        }
    }

    public enum Role {
        public static let operating = "operator"
        public static let service = "service"
        public static let seller = "seller"
        /// Before the number of a branch of a seller: `branch:7`.
        public static let branch = "branch:"
    }

    public var principal: Principal { Principal(issuer: issuer, subject: subject) }

    /// Operators and services see everything, sellers what is of their branches; everybody else is a customer. A seller who
    /// buys as well does so under another name, or is shown the branches alone.
    public var scope: Scope {
        if roles.contains(where: { $0 == Role.operating || $0 == Role.service }) { return .everything }
        guard has(role: Role.seller) else { return .own(principal) }
        return .branches(Set(roles.compactMap(Self.branch)).sorted(), by: principal)
    }

    /// The number as it is written elsewhere: digits, without a sign or zeros before them.
    private static func branch(_ role: String) -> Int64? {
        guard role.hasPrefix(Role.branch) else { return nil }
        let number = Int64(role.dropFirst(Role.branch.count))
        return number.flatMap { $0 > 0 && role == Role.branch + String($0) ? $0 : nil }
    }
}

extension Request {
    /// The part that the request's caller sees and may change. Nobody in particular may do everything.
    public var scope: Caller.Scope { caller?.scope ?? .everything }
}
