import Configuration
import HTTP
import Kernel

/// The arguments of one predicate or filter, read by type. What is wrong is reported with file, line and field.
struct ComponentArguments {
    let component: RouteComponent
    let values: [String: [String]]
    let places: [String: ConfigurationValue]

    func report(_ field: String, _ message: String) {
        if let place = places[field] { place.report(message) } else { component.report("\(field) \(message)") }
    }

    func has(_ field: String) -> Bool { values[field]?.isEmpty == false }

    func optionalText(_ field: String) -> String? { values[field]?.first }

    /// Reports a field that is missing.
    func text(_ field: String) -> String {
        guard let text = optionalText(field), !text.isEmpty else {
            report(field, "is required")
            return ""
        }
        return text
    }

    func texts(_ field: String, isRequired: Bool = true) -> [String] {
        let texts = (values[field] ?? []).flatMap(\.splitAtCommas).filter { !$0.isEmpty }
        if texts.isEmpty, isRequired { report(field, "is required") }
        return texts
    }

    func int(_ field: String, in range: ClosedRange<Int>, default fallback: Int? = nil) -> Int {
        guard let text = optionalText(field) else {
            if fallback == nil { report(field, "is required") }
            return fallback ?? range.lowerBound
        }
        guard let number = Int(text), range.contains(number) else {
            report(field, "must be a whole number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
            return fallback ?? range.lowerBound
        }
        return number
    }

    func number(_ field: String, in range: ClosedRange<Double>, default fallback: Double) -> Double {
        guard let text = optionalText(field) else { return fallback }
        guard let number = Double(text), range.contains(number) else {
            report(field, "must be a number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
            return fallback
        }
        return number
    }

    func flag(_ field: String, default fallback: Bool) -> Bool {
        guard let text = optionalText(field) else { return fallback }
        guard text == "true" || text == "false" else {
            report(field, "must be true or false, not \"\(text)\"")
            return fallback
        }
        return text == "true"
    }

    func duration(_ field: String, default fallback: Duration) -> Duration {
        guard let text = optionalText(field) else { return fallback }
        guard let duration = DurationText.read(text) ?? Int(text).flatMap({ DurationText.read("\($0)ms") }) else {
            report(field, "must be a duration such as 500ms, 2s or 1m, not \"\(text)\"")
            return fallback
        }
        return duration
    }

    /// Bytes, as Spring's `DataSize` writes them: `5MB`, `512KB`, or a plain number.
    func size(_ field: String, default fallback: Int) -> Int {
        guard let text = optionalText(field) else { return fallback }
        let digits = text.prefix { ("0"..."9").contains($0) }
        let units = ["": 1, "B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30]
        guard let number = Int(digits), let unit = units[text.dropFirst(digits.count).trimmed.uppercased()],
            case (let bytes, let isOverflow) = number.multipliedReportingOverflow(by: unit), !isOverflow, bytes > 0
        else {
            report(field, "must be a size such as 5MB or 512KB, not \"\(text)\"")
            return fallback
        }
        return bytes
    }

    /// A status by its number or by Spring's name of it: `404`, `NOT_FOUND`.
    func status(_ field: String, _ text: String) -> Int? {
        if let number = Int(text), (200...599).contains(number) { return number }
        let name = text.uppercased().filter { $0 != "-" }
        let found = (200...599).first { status in
            let reason = Problem.reason(status).uppercased()
            return !reason.hasPrefix("ERROR ")
                && String(reason.map { $0 == " " ? "_" : $0 }).filter { $0 != "-" } == name
        }
        let renamed = ["PAYLOAD_TOO_LARGE": 413, "UNPROCESSABLE_ENTITY": 422, "URI_TOO_LONG": 414]
        guard let status = found ?? renamed[name] else {
            report(field, "must be a status such as 404 or NOT_FOUND, not \"\(text)\"")
            return nil
        }
        return status
    }

    func statuses(_ field: String) -> [Int] {
        texts(field, isRequired: false).compactMap { status(field, $0) }
    }

    func expression(_ field: String) -> RegularExpression? {
        guard let text = optionalText(field) else { return nil }
        do {
            return try RegularExpression(text)
        } catch {
            report(field, "is no regular expression: \(ErrorText.of(error))")
            return nil
        }
    }

    func fieldName(_ field: String) -> String {
        let name = text(field)
        if !name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0) }) {
            report(field, "must be the name of a header field, not \"\(name)\"")
        }
        return name
    }
}
