import Kernel
import ServiceHost
import Storage
import Telemetry

/// Hands the messages of one channel that wait to the service that sends them, several at a time, each with its own key;
/// what fails is tried again.
struct SendMessages: Sendable {
    let context: ServiceEnvironment
    let messages: Repository<Message>
    let channel: MessageChannel
    let concurrency: Int
    /// Woken when there is a new message.
    let trigger = JobTrigger<Message>()

    /// How long a message that is being handed over when the service stops has to be taken: one that was taken and not
    /// noted would be sent again.
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
