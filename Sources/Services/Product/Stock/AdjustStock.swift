import HTTP
import REST

/// The body of `POST /stocks/adjustments`.
struct AdjustStock: Codable, Sendable, Hashable {
    let branchId: Int64
    let sauceId: Int64
    /// Pieces: above 0 for a delivery of goods, below for a loss.
    let change: Int64
    let reason: String

    /// Throws a 400 `Problem` that names every field that is wrong.
    func check() throws(Problem) {
        var errors = FieldErrors()
        errors.require(branchId > 0, "branchId", "must be greater than 0")
        errors.require(sauceId > 0, "sauceId", "must be greater than 0")
        errors.require(
            change != 0 && (-Self.limit...Self.limit).contains(change), "change",
            "must be from -\(Self.limit) to \(Self.limit), and not 0")
        errors.require(reason, "reason", length: 1...500)
        try errors.check()
    }

    private static let limit: Int64 = 1_000_000_000
}
