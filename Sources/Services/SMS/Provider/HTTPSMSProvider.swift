import Contracts
import FoundationEssentials
import HTTP
import Kernel

/// A provider, or an adapter of one, that accepts `{"to":…,"text":…}` by POST and recognises a repeated message by its
/// `Idempotency-Key`.
struct HTTPSMSProvider: SMSProvider {
    let url: String
    /// Sent with each message.
    let headers: [String: String]
    let timeout: Duration
    let transport: any Transport

    func send(_ message: TextMessage) async -> SMSOutcome {
        do {
            let body = try JSON.encode(SendSMS(to: message.to, text: message.text))
            return outcome(of: try await transport.send(request(body, key: message.key)))
        } catch let error as TransportError {
            return SMSOutcome(error)
        } catch {
            return .refused(ErrorText.of(error))
        }
    }

    private func request(_ body: Data, key: String) -> OutboundRequest {
        var fields: Headers = ["Content-Type": "application/json", "Accept": "application/json"]
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { fields[name] = value }
        fields["Idempotency-Key"] = key
        return OutboundRequest(method: .post, url: url, headers: fields, body: body, timeout: timeout)
    }

    /// Reads an answer. If a refusal has problem details, the outcome names their field.
    private func outcome(of response: Response) -> SMSOutcome {
        if let outcome = SMSOutcome(status: response, of: "the SMS provider") { return outcome }
        // A request that is under way or came too late may be sent again.
        guard response.status == 400 || response.status == 413 || response.status == 422 else {
            return .notTaken("the SMS provider answered \(response.status)")
        }
        let problem = Problem(response)
        let field = problem?.errors.lazy.compactMap { SMSOutcome.Field(rawValue: $0.field) }.first
        return .refused(problem?.detail ?? "the SMS provider answered \(response.status)", field: field)
    }
}
