import Configuration
import Kernel

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
