import Contracts
import HTTP
import Kernel
import ServiceHost

/// The service that takes the messages of one channel.
struct MessageChannel: Sendable {
    enum Outcome: Sendable, Hashable {
        case sent
        /// Trying again would end the same.
        case refused(String)
        /// It may or may not have been sent: it is tried again with the same key.
        case failed(String)
    }
    let kind: Message.Channel
    let client: ServiceClient
    /// Longer than the service can take for one message, so that what is tried again is not still on its way.
    let timeout: Duration

    func deliver(_ message: Message) async -> Outcome {
        do {
            let response = try await post(message, headers: ["Idempotency-Key": message.id])
            if response.isSuccess { return .sent }
            let reason = "\(client.name) answered \(response.status): \(String(decoding: response.body, as: UTF8.self))"
            return response.status == 400 || response.status == 422 ? .refused(reason) : .failed(reason)
        } catch {
            return .failed(ErrorText.of(error))
        }
    }

    private func post(_ message: Message, headers: Headers) async throws -> Response {
        let content = message.content
        switch kind {
        case .email:
            let mail = SendEmail(
                to: message.address, subject: content.subject ?? "", text: content.text, html: content.html)
            return try await client.post(EmailAPI.path, mail, headers: headers, timeout: timeout)
        case .sms:
            let text = SendSMS(to: message.address, text: content.text)
            return try await client.post(SMSAPI.path, text, headers: headers, timeout: timeout)
        }
    }
}
