import HTTP

/// Whether a client takes a content coding, as its `Accept-Encoding` says (RFC 9110 §12.5.3).
struct AcceptEncoding: Sendable {
    private let weights: WeightedValues

    init(_ headers: Headers) {
        weights = WeightedValues("Accept-Encoding", of: headers)
    }

    /// Whether the client takes gzip, and no coding less.
    var prefersGzip: Bool {
        // `x-gzip` is the same (§8.4.1.3).
        let gzip = weights["gzip"] ?? weights["x-gzip"] ?? weights["*"] ?? 0
        return gzip > 0 && gzip >= weights["identity"] ?? 0
    }
}
