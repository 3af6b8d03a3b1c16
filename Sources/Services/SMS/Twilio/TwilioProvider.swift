import FoundationEssentials
import HTTP

/// Twilio's Programmable Messaging: `POST /2010-04-01/Accounts/{sid}/Messages.json`, form-encoded, Basic
/// (https://www.twilio.com/docs/messaging/api/message-resource).
struct TwilioProvider: SMSProvider {
    let settings: TwilioSettings
    let transport: any Transport

    func send(_ message: TextMessage) async -> SMSOutcome {
        do {
            return TwilioAnswer.outcome(of: try await transport.send(request(for: message)))
        } catch {
            return SMSOutcome(error)
        }
    }

    private func request(for message: TextMessage) -> OutboundRequest {
        let form = [("To", message.to), ("From", settings.from), ("Body", message.text)]
            .map { $0 + "=" + QueryString.encode($1) }.joined(separator: "&")
        return OutboundRequest(
            method: .post,
            url: "\(settings.baseURL)/2010-04-01/Accounts/\(QueryString.encode(settings.accountSid))/Messages.json",
            headers: [
                "Authorization": "Basic "
                    + Data("\(settings.accountSid):\(settings.authToken)".utf8)
                    .base64EncodedString(),
                "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
                "Idempotency-Key": message.key,
            ], body: Data(form.utf8), timeout: settings.timeout)
    }
}
