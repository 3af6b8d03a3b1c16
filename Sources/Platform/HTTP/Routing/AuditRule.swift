/// Says whether the changes that a route makes are written to the audit log of its service.
public enum AuditRule: Sendable, Hashable {
    /// Every change has a record, under the operation's name: `order.refund`.
    case audited(String)
    /// A change that a caller asked for has a record; one that a service makes as a step of its own work has none, because
    /// the command that began the work has one.
    case auditedForCallers(String)
    /// No change has a record, for this reason.
    case notAudited(because: String)

    /// The name of the operation in the records; `nil` if there are none.
    public var operation: String? {
        switch self {
        case .audited(let operation), .auditedForCallers(let operation): operation
        case .notAudited: nil
        }
    }
}

extension DescribedRoute {
    /// Declares that every change has a record in the audit log.
    public func audited(as operation: String) -> Self { described { $0.audit = .audited(operation) } }

    /// Declares that changes which a caller asks for have records, and steps of services have none.
    public func auditedForCallers(as operation: String) -> Self {
        described { $0.audit = .auditedForCallers(operation) }
    }

    /// Declares that changes have no records, and why.
    public func notAudited(because reason: String) -> Self {
        described { $0.audit = .notAudited(because: reason) }
    }
}

extension Array {
    /// Declares for the routes of a resource that its changes have records: `product.create`, `product.replace`,
    /// `product.change` and `product.delete`.
    public func auditingWrites<Owner>(as item: String) -> [Element] where Element == RouteDeclaration<Owner> {
        map { declaration in
            switch declaration.route.method {
            case .post: declaration.audited(as: item + ".create")
            case .put: declaration.audited(as: item + ".replace")
            case .patch: declaration.audited(as: item + ".change")
            case .delete: declaration.audited(as: item + ".delete")
            default: declaration
            }
        }
    }

    /// Declares for all routes that change something that they have no records.
    public func notAuditingWrites<Owner>(because reason: String) -> [Element] where Element == RouteDeclaration<Owner> {
        map { $0.route.method.isSafe ? $0 : $0.notAudited(because: reason) }
    }
}
