package import HTTP
import Kernel
public import Storage
import Telemetry

/// The audited operation that the running task carries out: every transaction under it that changes something writes a record.
public struct AuditTrail: Sendable {
    @TaskLocal static var current: AuditTrail?

    let operation: String
    let caller: Caller?
    let address: String?
    let forwarded: String?
    let request: String?
    let trace: String?
    let reason: String?
    /// The identifiers in the path of the request.
    let about: [String]

    /// The header in which a request without a body says its reason, percent-encoded.
    public static let reasonField = "Sambal-Reason"
    private static let longestReason = 1000
    private static let longestField = 256

    init(_ operation: String, of request: Request) {
        self.operation = operation
        caller = request.caller
        address = request.peerAddress
        forwarded = Self.cut(request.headers["X-Forwarded-For"], to: Self.longestField)
        self.request = Self.cut(request.headers["X-Request-Id"], to: Self.longestField)
        trace = TraceContext.current?.traceID
        reason = Self.reason(of: request)
        about = request.pathValues
    }

    /// An operation that no request asked for: a command on the machine.
    package init(_ operation: String, by caller: Caller?, reason: String? = nil, about: [String] = []) {
        self.operation = operation
        self.caller = caller
        self.reason = Self.cut(reason, to: Self.longestReason)
        self.about = about
        (address, forwarded, request, trace) = (nil, nil, nil, nil)
    }

    /// The member `reason` of the body, else that header.
    private static func reason(of request: Request) -> String? {
        if !request.body.isEmpty, let document = try? JSON.decode(JSONDocument.self, from: request.body),
            case .object(let members) = document, case .text(let text)? = members["reason"], !text.isEmpty
        {
            return cut(text, to: longestReason)
        }
        return cut(request.headers[reasonField].map { PercentDecoding.decode(Substring($0)) }, to: longestReason)
    }

    private static func cut(_ text: String?, to limit: Int) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.count > limit else { return text }
        return String(decoding: text.utf8.prefix(limit), as: UTF8.self)
    }

    /// Notes a change of something that is in no database, to be recorded with `tx`. Without effect outside an audited
    /// operation.
    public static func note(
        _ collection: String, id: String, before: some Encodable, after: some Encodable, in tx: any Transaction
    ) throws {
        guard let notes = (tx as? AuditedTransaction)?.notes else { return }
        func values(_ value: some Encodable) throws -> [String: JSONDocument] {
            AuditValues.of(try JSON.decode(JSONDocument.self, from: try JSON.encode(value)))
        }
        notes.note(id, in: collection, before: try values(before), after: try values(after))
    }

    /// Runs work that nobody is answerable for by name, a saga's further steps for example: it writes no records.
    public static func suspended<Result>(_ work: () async throws -> Result) async rethrows -> Result {
        guard current != nil else { return try await work() }
        return try await $current.withValue(nil, operation: work)
    }
}

extension Route {
    /// Returns the route with a handler that runs as the audited operation that it declares.
    var audited: Route {
        guard let rule = audit, let operation = rule.operation else { return self }
        var isForCallers = false
        if case .auditedForCallers = rule { isForCallers = true }
        let handler = handler
        return handled { [isForCallers] request in
            guard !isForCallers || request.caller != nil else { return try await handler(request) }
            return try await AuditTrail.$current.withValue(AuditTrail(operation, of: request)) {
                try await handler(request)
            }
        }
    }
}
