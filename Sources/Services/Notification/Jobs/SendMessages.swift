import Contracts
import HTTP
import Kernel
import ServiceHost
import Storage
import Telemetry

/// Sends the waiting messages of one channel through its service, several at a time, each with its own key. A message that
/// fails is tried again.
struct SendMessages: Sendable {
    let context: ServiceEnvironment
    let messages: Repository<Message>
    let channel: MessageChannel
    let concurrency: Int
    /// Woken when there is a new message.
    let trigger = JobTrigger<Message>()

    /// The time for messages under way when the service stops. A message that was taken and not recorded would be sent
    /// again.
    private static let shutdownGrace = Duration.seconds(5)

    var job: Job<Message> {
        let (kind, claimed) = (channel.kind.rawValue, channel.timeout + .seconds(2))
        return Job(
            "send \(kind) messages", in: messages, context,
            JobPlan(
                due: "nextTryAt", every: .seconds(1), atOnce: concurrency, batch: concurrency,
                shutdownGrace: Self.shutdownGrace
            ) { _ in [.equal("channel", .text(kind))] },
            trigger: trigger,
            claim: { message, now in
                message.claimed(until: now + claimed)
                return true
            }, work: send)
    }

    private func send(_ message: Message) async throws {
        if message.tries > 0 { context.countRetry(of: channel.kind.rawValue) }
        let outcome = await channel.deliver(message)
        // Where this fails, the message is tried again once its claim is over, with the same key.
        try await context.transaction { tx in
            guard let stored = try await messages.find(message.id, in: tx), stored.status == .pending else { return }
            report(outcome, try await messages.update(settled(stored, by: outcome), in: tx))
        }
    }

    private func settled(_ message: Message, by outcome: MessageChannel.Outcome) -> Message {
        var message = message
        switch outcome {
        case .sent: message.sent(at: context.loop.now)
        case .refused(let reason): message.refused(reason: reason)
        case .failed: message.failed(at: context.loop.now)
        }
        return message
    }

    private func report(_ outcome: MessageChannel.Outcome, _ message: Message) {
        switch outcome {
        case .sent: break
        case .refused(let reason):
            context.log.error(
                "notification refused", metadata: ["notification": .string(message.id), .error: .string(reason)])
        case .failed(let reason):
            context.log.warning(
                "notification not sent yet", metadata: ["notification": .string(message.id), .error: .string(reason)])
        }
    }
}

/// The service that takes the messages of one channel.
struct MessageChannel: Sendable {
    enum Outcome: Sendable, Hashable {
        case sent
        /// The message is refused for good.
        case refused(String)
        /// The message may have been sent, and is tried again with the same key.
        case failed(String)
    }
    let kind: Message.Channel
    let client: ServiceClient
    /// The timeout of one call, longer than the service takes for a message, so that no message is still on its way when it
    /// is tried again.
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
