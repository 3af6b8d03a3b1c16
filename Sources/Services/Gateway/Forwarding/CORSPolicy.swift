import Configuration
import HTTP
import Kernel

/// Which pages of other origins may use some paths (the Fetch standard, "CORS protocol"; the words are those of
/// Spring's `CorsConfiguration`).
struct CORSPolicy: Sendable {
    /// An origin, or a pattern of origins in which `*` stands for any characters.
    struct Origin: Sendable, Hashable {
        let text: String
        let isPattern: Bool

        func covers(_ origin: String) -> Bool {
            let (text, origin) = (text.lowercased(), origin.lowercased())
            guard isPattern else { return text == origin }
            return PathTemplate.matches(Array(text.unicodeScalars)[...], Array(origin.unicodeScalars)[...])
        }
    }
    let path: PathTemplate
    var origins: [Origin] = []
    /// `*` among `allowedOrigins`: every origin, and never with credentials.
    var allowsAnyOrigin = false
    /// GET, HEAD and POST need no permission by themselves; Spring's default is GET and HEAD.
    var methods: [String] = ["GET", "HEAD"]
    var allowsAnyMethod = false
    var headers: [String] = []
    var allowsAnyHeader = false
    var exposedHeaders: [String] = []
    var allowsCredentials = false
    /// How long a browser may keep the answer to a preflight.
    var maximumAge: Duration = .seconds(1800)

    enum Decision {
        /// Not of another origin: nothing to decide.
        case notCrossOrigin
        case refused(Problem)
        /// The answer to a preflight.
        case preflight(Response)
        /// Fields of the answer that let the page read it.
        case allowed(Headers)
    }

    /// `ownOrigin` is where the caller reached this server.
    func decide(_ request: Request, ownOrigin: String) -> Decision {
        guard let origin = request.headers["Origin"], origin.lowercased() != ownOrigin.lowercased() else {
            return .notCrossOrigin
        }
        let wanted = request.headers["Access-Control-Request-Method"]
        let isPreflight = request.method == .options && wanted != nil
        guard let allowed = allowedOrigin(origin) else {
            return .refused(Problem(status: 403, detail: "The origin \(origin.prefix(200)) may not use this"))
        }
        let method = isPreflight ? wanted ?? "" : request.method.rawValue
        guard allowsAnyMethod || methods.contains(method) else {
            return .refused(
                Problem(status: 403, detail: "A page of another origin may not use \(method.prefix(40)) here"))
        }
        var fields: Headers = ["Access-Control-Allow-Origin": allowed]
        if allowsCredentials, !allowsAnyOrigin { fields.add("Access-Control-Allow-Credentials", "true") }
        guard isPreflight else {
            if !exposedHeaders.isEmpty {
                fields.add("Access-Control-Expose-Headers", exposedHeaders.joined(separator: ", "))
            }
            return .allowed(fields)
        }
        let asked = request.headers.all("Access-Control-Request-Headers").joined(separator: ",")
            .split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
        let names = asked.filter { name in
            allowsAnyHeader || headers.contains { $0.lowercased() == name.lowercased() }
        }
        guard names.count == asked.count else {
            return .refused(
                Problem(status: 403, detail: "A page of another origin may not send all of these header fields here"))
        }
        fields.add("Access-Control-Allow-Methods", allowsAnyMethod ? method : methods.joined(separator: ", "))
        if !names.isEmpty { fields.add("Access-Control-Allow-Headers", names.joined(separator: ", ")) }
        fields.add("Access-Control-Max-Age", String(maximumAge.components.seconds))
        return .preflight(Response(status: 204, headers: fields))
    }

    private func allowedOrigin(_ origin: String) -> String? {
        if allowsAnyOrigin { return "*" }
        return origins.contains { $0.covers(origin) } ? origin : nil
    }

    /// Fields on which an answer depends (RFC 9110 §12.5.5).
    static let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

    static func isPolicyField(_ name: String) -> Bool { name.lowercased().hasPrefix("access-control-") }
}

extension CORSPolicy {
    /// The policies of `globalcors`, in the order written.
    static func policies(from section: Configuration) -> [CORSPolicy] {
        let mapping = section.spelling(of: "addToSimpleUrlHandlerMapping")
        // Preflights are answered before routes are looked for, whatever this says.
        if section.contains(mapping) {
            _ = section.bool(
                mapping, help: .init("Accepted for files of Spring Cloud Gateway; it has no effect.", default: "–"))
        }
        return section.map(section.spelling(of: "corsConfigurations")).compactMap { name, policy -> CORSPolicy? in
            // A key with a slash in brackets, as Spring Boot needs it.
            let pattern = name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name
            do {
                return CORSPolicy(path: try PathTemplate(pattern), from: policy)
            } catch {
                let message = (error as? PathTemplate.Failure)?.message ?? ErrorText.of(error)
                section.section(section.spelling(of: "corsConfigurations")).report(name, message)
                return nil
            }
        }
    }

    private init(path: PathTemplate, from section: Configuration) {
        self.path = path
        func words(_ key: String, _ help: SettingHelp) -> [String] {
            section.strings(section.spelling(of: key), help: help)
        }
        let origins = words("allowedOrigins", "Origins whose pages may call, or `*`.")
        let patterns = words("allowedOriginPatterns", "Patterns of such origins; `*` stands for any text.")
        for origin in origins where origin != "*" && !origin.contains("://") && origin != "null" {
            section.report(
                section.spelling(of: "allowedOrigins"),
                "must be origins such as https://shop.example, or *, not \"\(origin)\"")
        }
        self.origins =
            origins.filter { $0 != "*" }.map {
                Origin(text: $0.hasSuffix("/") ? String($0.dropLast()) : $0, isPattern: false)
            }
            + patterns.map { Origin(text: $0, isPattern: true) }
        allowsAnyOrigin = origins.contains("*")
        let methods = words("allowedMethods", .init("Methods that they may use, or `*`.", default: "GET, HEAD"))
        if !methods.isEmpty {
            allowsAnyMethod = methods.contains("*")
            self.methods = methods.map { $0.uppercased() }
        }
        headers = words("allowedHeaders", "Headers that they may send, or `*`.")
        allowsAnyHeader = headers.contains("*")
        exposedHeaders = words("exposedHeaders", "Headers of answers that they may read.")
        let credentials = section.spelling(of: "allowCredentials")
        allowsCredentials = section.bool(
            credentials, default: false, help: "Whether they may send cookies and other credentials.")
        if allowsCredentials, allowsAnyOrigin {
            section.warn(
                credentials,
                "is not followed: the Fetch standard forbids the origin * together with credentials, and browsers refuse "
                    + "such an answer. Pages of every origin are answered without credentials; to allow them, list the "
                    + "origins in allowedOrigins or allowedOriginPatterns")
        }
        let age = section.spelling(of: "maxAge")
        guard
            let text = section.optionalString(
                age, help: "How long a browser may remember the answer to a preflight request: seconds, or a duration.")
        else { return }
        if let duration = Int(text).map({ Duration.seconds($0) }) ?? DurationText.read(text), duration >= .zero {
            maximumAge = duration
        } else {
            section.report(age, "must be seconds or a duration such as 30m, not \"\(text)\"")
        }
    }
}
