public import Kernel

/// The customer and the branch of an order, as services tell each other in header fields. They are no part of a body, so
/// that a request which an earlier version of the program began is repeated by its key as it was.
public struct OrderScope: Sendable, Hashable {
    public static let owner = "Sambal-Order-Owner"
    public static let branch = "Sambal-Order-Branch"

    /// The customer; `nil` of nobody in particular.
    public let owner: Principal?
    public let branchId: Int64?

    public init(owner: Principal?, branchId: Int64?) {
        self.owner = owner
        self.branchId = branchId
    }

    public static func fields(owner: Principal?, branchId: Int64?) -> [(name: String, value: String)] {
        [(Self.owner, owner?.key), (branch, branchId.map { String($0) })].compactMap { name, value in
            value.map { (name, $0) }
        }
    }
}
