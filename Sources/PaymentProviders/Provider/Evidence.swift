import FoundationEssentials
import HTTP

/// Keeps what an answer said, for the person who has to understand it later: the status and the first bytes of the body.
///
/// Anybody on the way may have written the answer, and some write down the request that they saw. So the secrets of the
/// configuration are blotted out, and so are control characters, which would break lines of a log.
struct Evidence: Sendable {
    private let secrets: [String]
    private static let limit = 200
    /// A secret is looked for in so much of a body.
    private static let searched = 16_384

    init(hiding secrets: [String]) {
        self.secrets = secrets.filter { !$0.isEmpty }.flatMap { [$0, Data("\($0):".utf8).base64EncodedString()] }
    }

    /// The text, for example `Stripe answered 408: <html>…`.
    func text(_ provider: String, _ response: Response) -> String {
        var body = String(decoding: response.body.prefix(Self.searched), as: UTF8.self)
        for secret in secrets { body = body.replacing(secret, with: "********") }
        let line = String(body.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : Character($0) })
        let shown = line.prefix(Self.limit)
        guard !shown.isEmpty else { return "\(provider) answered \(response.status) without a body" }
        return "\(provider) answered \(response.status): \(shown)\(shown.count < line.count ? "…" : "")"
    }
}
