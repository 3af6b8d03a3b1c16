import Testing

@testable import ShopSimulation

extension Scenario: CustomTestStringConvertible {
    public var testDescription: String { name }
}
