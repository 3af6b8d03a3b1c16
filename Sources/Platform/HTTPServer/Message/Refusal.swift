import HTTP

/// Says why a message is not taken: the status that its sender gets, and what is wrong with it. The connection ends with
/// it, because nobody can tell where the next message would begin.
struct Refusal: Error, Equatable, CustomStringConvertible {
    var description: String { detail }

    let status: Int
    let detail: String
    /// The header field that is wrong, where it is one.
    let field: String?

    init(_ status: Int, _ detail: String, field: String? = nil) {
        self.status = status
        self.detail = detail
        self.field = field
    }

    static func malformed(_ detail: String) -> Refusal { Refusal(400, detail) }

    var problem: Problem {
        let errors = field.map { [Problem.Field(field: $0, message: "is not well-formed")] } ?? []
        return Problem(
            status: status, detail: detail, errors: errors, retryAfter: status == 503 ? .seconds(1) : nil)
    }
}
