/// What a descriptor is watched for, and what it is ready for.
public struct Events: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let readable = Events(rawValue: 1)
    public static let writable = Events(rawValue: 2)
    /// An error or a hang-up; reported whether it is asked for or not.
    public static let failed = Events(rawValue: 4)
}
