import HTTP

/// A request line and its fields, checked.
struct RequestHead {
    enum Body: Equatable {
        case none
        case length(Int)
        case chunked
    }
    var method = Method(rawValue: "")
    /// As it came, still percent-encoded; it contains no dot segments.
    var path = "/"
    var query = ""
    var isVersion10 = false
    var headers = Headers()
    /// Of the target where that is absolute, else of the field.
    var host: String?
    var body = Body.none
    /// The connection ends with the answer.
    var closes = false
    /// The client waits for `100 Continue` before it sends the body.
    var expectsContinue = false
}
