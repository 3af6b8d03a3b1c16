/// A statement on its way, and who waits for what it gives.
struct Command {
    let sql: String
    /// `nil` for what is sent as it is: it takes no parameters and is not prepared.
    let parameters: Parameters?
    /// Whether it may take as long as it likes.
    let isPatient: Bool
    let finish: (Result<Rows, ServerError>) -> Void
}
