import HTTP

/// Says why a message is not taken: the status that its sender gets, and what is wrong with it. The connection ends with
/// it, because nobody can tell where the next message would begin.
struct Refusal: Error, Equatable, CustomStringConvertible {
    var description: String { detail }

    let status: Int
    /// A sentence, or what follows the name of `field` in one.
    let detail: String
    private let field: String?

    init(_ status: Int, _ detail: String) { self.init(status, detail, field: nil) }

    private init(_ status: Int, _ detail: String, field: String?) {
        self.status = status
        self.detail = detail
        self.field = field
    }

    /// 400 that names the part of the message that is wrong: `path`, an argument of the query or a header field by its
    /// name, `body`.
    static func malformed(_ field: String, _ message: String) -> Refusal {
        Refusal(400, message, field: field)
    }

    var problem: Problem {
        if let field { return .invalid(field, detail) }
        guard status == 503 else { return Problem(status: status, detail: detail) }
        return .unavailable(detail, retryAfter: .seconds(1), dependency: Problem.server)
    }
}
