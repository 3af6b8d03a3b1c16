import Testing

@testable import ProductService

/// Pieces and what can happen to them, without a service around them.
@Suite struct StockTests {
    private static func stock(_ onHand: Int64, _ reserved: Int64) -> Stock {
        var stock = Stock(branchId: 1, sauceId: 2)
        if onHand > 0 { _ = stock.adjust(by: onHand) }
        if reserved > 0 { _ = stock.apply(.reserve, reserved) }
        return stock
    }

    /// Of 10 on hand and 4 reserved: the movement, pieces, and what is then on hand and reserved; `nil` where it cannot.
    @Test(
        arguments: [
            (.reserve, 6, [10, 10]), (.reserve, 7, nil), (.release, 4, [10, 0]), (.release, 5, nil),
            (.sellReserved, 4, [6, 0]), (.sellReserved, 5, nil), (.sell, 6, [4, 4]), (.sell, 7, nil),
            (.takeBack, 3, [13, 4]), (.reserve, 0, nil), (.takeBack, -1, nil), (.takeBack, Stock.limit, nil),
        ] as [(StockMovement, Int64, [Int64]?)])
    func a_movement_is_made_or_changes_nothing(movement: StockMovement, qty: Int64, result: [Int64]?) {
        var stock = Self.stock(10, 4)
        let isMade = stock.apply(movement, qty)
        #expect(isMade == (result != nil))
        #expect([stock.onHand, stock.reserved] == result ?? [10, 4])
        #expect(stock.available == stock.onHand - stock.reserved)
    }

    @Test(arguments: [(5, 15), (-6, 4), (-7, nil), (Stock.limit, nil)] as [(Int64, Int64?)])
    func an_adjustment_never_goes_below_what_is_reserved(change: Int64, onHand: Int64?) {
        var stock = Self.stock(10, 4)
        let isMade = stock.adjust(by: change)
        #expect(isMade == (onHand != nil) && stock.onHand == onHand ?? 10)
        #expect(stock.available == stock.onHand - stock.reserved)
    }
}
