public import Configuration

/// What the `payment` section of the configuration says.
public struct PaymentSettings: Sendable {
    /// For one call to the provider.
    public let providerTimeout: Duration
    /// Between questions to the provider about a charge whose outcome is not known; the last one repeats.
    public let retryDelays: [Duration]
    /// How long the provider's confirmation is awaited before it is asked.
    public let confirmationTimeout: Duration
    public let resolveInterval: Duration

    public init(from section: Configuration) {
        providerTimeout = section.duration("providerTimeout", default: .seconds(3))
        confirmationTimeout = section.duration("confirmationTimeout", default: .seconds(15))
        resolveInterval = section.duration("resolveInterval", default: .seconds(1))
        let first = section.duration("retryDelay", default: .seconds(2))
        let count = section.int("retries", in: 1...10, default: 3)
        retryDelays = (0..<count).map { first * (1 << $0) }
    }
}
