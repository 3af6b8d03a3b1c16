import Contracts
import HTTP
import REST

extension ReserveStock {
    static let mostLines = 100
    static let mostPieces: Int64 = 1_000_000
    /// Seconds: 30 days.
    static let longestExpiry: Int64 = 2_592_000

    /// Throws a 400 `Problem` that names every field that is wrong.
    func check() throws(Problem) {
        var errors = FieldErrors()
        errors.require(branchId > 0, "branchId", "must be greater than 0")
        errors.require((1...Self.mostLines).contains(items.count), "items", "must be 1 to \(Self.mostLines) lines")
        for (index, item) in items.prefix(Self.mostLines).enumerated() {
            errors.require(item.sauceId > 0, "items[\(index)].sauceId", "must be greater than 0")
            errors.require(
                (1...Self.mostPieces).contains(item.qty), "items[\(index)].qty", "must be from 1 to \(Self.mostPieces)"
            )
        }
        errors.require(
            expiresAfter.map { (1...Self.longestExpiry).contains($0) } ?? true, "expiresAfter",
            "must be from 1 to \(Self.longestExpiry) seconds")
        try errors.check()
    }

    /// Pieces by product.
    var quantities: [Int64: Int64] {
        Dictionary(items.map { ($0.sauceId, $0.qty) }, uniquingKeysWith: +)
    }
}
