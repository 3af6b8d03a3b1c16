import FoundationEssentials
public import HTTP
public import Kernel
public import Storage

/// Which items of a resource a caller sees, and so may change. The resource asks it on every way to an item, so that its routes
/// and the commands that find items by it need not.
///
/// An item that a caller does not see does not exist for them: it is answered as an id that was never given. Nobody in particular,
/// operators and services see everything.
public struct Visibility<Root: Entity>: Sendable {
    /// The callers whom routes that read answer; `nil` if nobody has said so.
    let reads: Audience?
    /// The callers whom routes that write answer.
    let writes: Audience?
    private let owner: (any WritableKeyPath<Root, Principal?> & Sendable)?
    private let branch: (@Sendable (Root) -> Int64?)?
    private let branchField: String

    private init(
        reads: Audience?, writes: Audience?, owner: (any WritableKeyPath<Root, Principal?> & Sendable)? = nil,
        branch: (@Sendable (Root) -> Int64?)? = nil, branchField: String = Ownership.branchField
    ) {
        (self.reads, self.writes) = (reads, writes)
        (self.owner, self.branch, self.branchField) = (owner, branch, branchField)
    }

    /// Nobody has said who sees the items: callers do not.
    public static var undeclared: Visibility { Visibility(reads: nil, writes: nil) }

    /// Everybody reads the items, and operators write them.
    public static var everyone: Visibility { Visibility(reads: .everyone, writes: .operators) }

    /// The items are for operators and services.
    public static var operators: Visibility { Visibility(reads: .operators, writes: .operators) }

    /// A customer sees the items that were made for them, and a seller those of their branches, if items have one. The
    /// collection declares `Field.owner`, and `Field.branch` if there are branches: lists are read by them.
    public static func owned(
        by owner: any WritableKeyPath<Root, Principal?> & Sendable, branch: (@Sendable (Root) -> Int64?)? = nil
    ) -> Visibility {
        Visibility(reads: .owners, writes: .owners, owner: owner, branch: branch)
    }

    /// A seller sees the items of their branches, and a customer none. `field` of the collection is the branch.
    public static func ofBranch(
        _ branch: @escaping @Sendable (Root) -> Int64?, field: String
    ) -> Visibility {
        Visibility(reads: .owners, writes: .owners, branch: branch, branchField: field)
    }

    /// The fields of the collection that only narrow lists: nobody sorts by them.
    var hiddenFields: Set<String> { [Ownership.ownerField, Ownership.branchField] }
}

extension Visibility {
    /// The part of the collection that a caller sees.
    enum Rows: Sendable, Hashable {
        case all
        case none
        case meeting(Condition)
    }

    func rows(for scope: Caller.Scope) -> Rows {
        switch scope {
        case _ where reads == .everyone: .all
        case .everything: .all
        case .own(let principal):
            owner == nil ? .none : .meeting(.equal(Ownership.ownerField, .text(principal.key)))
        case .branches(let branches, _):
            branch == nil || branches.isEmpty ? .none : .meeting(.oneOf(branchField, branches.map(FieldValue.integer)))
        }
    }

    func shows(_ entity: Root, to scope: Caller.Scope) -> Bool {
        switch scope {
        case _ where reads == .everyone: true
        case .everything: true
        case .own(let principal): owner.map { entity[keyPath: $0] == principal } ?? false
        case .branches(let branches, _): branch?(entity).map(branches.contains) ?? false
        }
    }

    /// Whether a caller may choose the id of something new. If they could, its answer would tell them which ids are taken.
    func choosesIds(_ scope: Caller.Scope) -> Bool { reads == .everyone || scope == .everything }

    /// Gives something new to the caller who makes it; what replaces something stays whose that was, whatever its body says.
    func own(_ entity: inout Root, replacing stored: Root?, for scope: Caller.Scope) {
        guard let owner else { return }
        entity[keyPath: owner] = stored.map { $0[keyPath: owner] } ?? scope.owner
    }
}

/// The fields by which lists are narrowed to what is a caller's.
public enum Ownership {
    public static let ownerField = "owner"
    public static let branchField = "branch"
    public static let fields = [ownerField, branchField]

    /// The migration steps that add those of the fields to a collection that it declares now. What is stored already has no
    /// owner, and the branch that its document names as `branchId`.
    public static func steps(of schema: CollectionSchema) -> [Migration.Step] {
        schema.fields.filter { fields.contains($0.name) }.map { field in
            guard field.name == branchField else { return .addField(field, to: schema.name) }
            return .addField(field, to: schema.name) { document in
                FieldValue(try JSON.decode(OfBranch.self, from: Data(document)).branchId)
            }
        }
    }

    private struct OfBranch: Decodable {
        let branchId: Int64?
    }
}

extension Field {
    /// The principal for whom an item was made.
    public static func owner(_ owner: @escaping @Sendable (Root) -> Principal?) -> Field {
        .text(Ownership.ownerField, indexed: true) { owner($0)?.key }
    }

    /// The branch that an item is of. Collections whose own field has no index keep it a second time.
    public static func branch(_ branch: @escaping @Sendable (Root) -> Int64?) -> Field {
        .integer(Ownership.branchField, indexed: true, branch)
    }
}

extension RouteDeclaration {
    /// Declares that the route is about the item of a resource that the part `{id}` of its path names, and whom it answers. For
    /// other callers than those who see the item there is none: they get 404 before the handler looks at anything.
    public func about<Root>(
        _ resource: @escaping @Sendable (Owner) -> RestResource<Root>, open audience: Audience = .owners
    ) -> RouteDeclaration {
        guarded { owner, request in _ = try await resource(owner).item(of: request) }.open(to: audience)
    }
}
