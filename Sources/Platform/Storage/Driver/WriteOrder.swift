/// What a transaction knows of those before it, for records that must stand in the order in which they were written.
public enum WriteOrder: Sendable, Hashable {
    /// A number greater than every one that a transaction got whose effects this one can see.
    case numbered(Int64)
    /// The newest record tells as much. `foreign` changes when anybody has written to the database in another way than
    /// through the same `Database`; it is `nil` where that may have happened at any time.
    case newest(foreign: Int64?)
}
