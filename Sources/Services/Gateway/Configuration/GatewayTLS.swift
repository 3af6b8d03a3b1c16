import Configuration
import HTTP
import Kernel
import TLS

/// `tls`: the gateway's second listener, and what becomes of requests to the first one.
struct GatewayTLS: Sendable {
    let files: TLSSettings
    let port: Int
    /// Whether plain HTTP is answered with the same URL under `https:`.
    let redirects: Bool
    /// The port under which clients reach `port`, where something between maps it.
    let publicPort: Int?
    /// The value of `Strict-Transport-Security` (RFC 6797 §6.1); `nil` if browsers are told nothing.
    let transportSecurity: String?
    private let origin: ConfigurationOrigin?

    /// `nil` if the gateway speaks plain HTTP only.
    init?(from gateway: Configuration) {
        let section = gateway.section("tls")
        let certificate = section.optionalFile(
            "certificate",
            help: "The file of the gateway's certificate and its chain, in PEM; with it the gateway speaks TLS.")
        let key = section.optionalFile(
            "key", help: "The file of the certificate's private key, in PEM, which other users cannot read.")
        let minimum = section.choice("minimum", default: TLSVersion.tls12, help: "The oldest version of TLS.")
        port = section.int("port", in: 1...65535, default: 8443, help: "The port of HTTPS.")
        redirects = section.bool(
            "redirect", default: true, help: "Whether requests by plain HTTP are redirected to HTTPS (308).")
        publicPort = section.optionalInt(
            "publicPort", in: 1...65535,
            help: .init("The port of HTTPS as clients see it, for redirects.", default: "`tls.port`"))
        let maximumAge = section.optionalDuration(
            "hsts",
            help: "How long browsers use HTTPS only (`Strict-Transport-Security`): whole seconds, such as 365d.")
        let includesSubdomains = section.bool(
            "hstsSubdomains", default: false, help: "Whether that holds for all subdomains too.")
        transportSecurity = maximumAge.map {
            "max-age=\($0.components.seconds)" + (includesSubdomains ? "; includeSubDomains" : "")
        }
        origin = section.origin
        guard let certificate, let key else {
            let missing = certificate == nil ? "certificate" : "key"
            if certificate != nil || key != nil || gateway.contains("tls"), !section.contains(missing) {
                section.report(missing, "is required for TLS")
            }
            return nil
        }
        files = TLSSettings(certificate: certificate, key: key, minimum: minimum)
    }

    /// Reads and checks the files. Throws with the place at which they are named.
    func credentials() throws(ConfigurationError) -> TLSCredentials {
        try named { () throws(TLSError) in try TLSCredentials(files) }
    }

    /// Reads and checks the files, and says what a start at `time` would report of them: a certificate that is not valid,
    /// or not for long.
    func remarks(at time: Timestamp) throws(ConfigurationError) -> [String] {
        let credentials = try credentials()
        if let problem = credentials.problem(at: time) {
            return [remark("\(problem): clients refuse it; renew it, and replace its files")]
        }
        guard credentials.validUntil - time < CertificateKeeper.notice else { return [] }
        return [
            remark("\(files.certificate) expires soon, at \(credentials.validUntil): renew it, and replace its files")
        ]
    }

    private func remark(_ text: String) -> String { ConfigurationProblem(origin, "tls: \(text)").description }

    func replace(in credentials: TLSCredentials, at time: Timestamp) throws(ConfigurationError) {
        try named { () throws(TLSError) in try credentials.replace(files, at: time) }
    }

    private func named<Result>(_ body: () throws(TLSError) -> Result) throws(ConfigurationError) -> Result {
        do throws(TLSError) {
            return try body()
        } catch {
            throw ConfigurationError([ConfigurationProblem(origin, "tls: " + ErrorText.of(error))])
        }
    }

    /// The answer to a request by plain HTTP. `listening` is the port that the gateway listens at, which a reload does not
    /// change.
    func redirect(_ request: Request, to host: String, listening: Int) -> Response {
        guard !host.isEmpty else {
            return Problem(status: 400, detail: "This port only leads to HTTPS, and the request names no host")
                .response(instance: request.path)
        }
        let port = publicPort ?? listening
        let query = request.rawQuery.isEmpty ? "" : "?" + request.rawQuery
        let location = "https://\(Self.withoutPort(host))\(port == 443 ? "" : ":\(port)")\(request.path)\(query)"
        return Response(status: 308, headers: ["Location": location])
    }

    private static func withoutPort(_ host: String) -> Substring {
        guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { return host[...] }
        return host[..<colon]
    }
}
