/// What is killed (`kill -9`) and started again while a cell is under way.
enum Restart: String, CaseIterable, Sendable {
    case none = "-"
    /// In the middle of the call, as soon as payment has it on record.
    case payment
    /// After the answer: everything, the provider too.
    case shop
}
