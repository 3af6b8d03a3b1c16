import Contracts
import Kernel
import ServiceHost
import Storage
import Synchronization
import Telemetry

/// Hands the messages of one channel that wait to the service that sends them, several at a time, each with its own key;
/// what fails is tried again.
final class MessageSending: Sendable {
    private let context: ServiceContext
    private let messages: Repository<Message>
    private let channel: MessageChannel
    private let concurrency: Int
    private let underWay = Atomic(0)
    private let wake = Signal()

    /// How long a message that is being handed over when the service stops has to be taken: one that was taken and not
    /// noted would be sent again.
    private static let longestGoodbye = Duration.seconds(5)

    init(context: ServiceContext, messages: Repository<Message>, channel: MessageChannel, concurrency: Int) {
        self.context = context
        self.messages = messages
        self.channel = channel
        self.concurrency = concurrency
    }

    /// There is a new message.
    func raise() { wake.raise() }

    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let free = concurrency - underWay.load(ordering: .relaxed)
                let due = await claimDue(atMost: free)
                for message in due {
                    underWay.add(1, ordering: .relaxed)
                    group.addTask { await self.sendToTheEnd(message) }
                }
                // As many as there was room for: more may wait. A slow message holds up nothing but its own place.
                if due.isEmpty || due.count < free { await wake.wait(on: context.loop, atMost: .seconds(1)) }
                try Task.checkCancellation()
            }
        }
    }

    private func claimDue(atMost limit: Int) async -> [Message] {
        guard limit > 0 else { return [] }
        do {
            let now = Condition("nextTryAt", .lessOrEqual, .integer(context.loop.now.milliseconds))
            let due = try await messages.all(
                Query(
                    where: [now, Condition("channel", .equal, .text(channel.kind.rawValue))], sort: [Sort("nextTryAt")],
                    limit: limit))
            return try await withThrowingTaskGroup(of: Message?.self) { group in
                for message in due { group.addTask { try await self.claim(message) } }
                return try await group.reduce(into: []) { if let message = $1 { $0.append(message) } }
            }
        } catch {
            context.log.warning("messages could not be read this time", ["error": .string(ErrorText.of(error))])
            return []
        }
    }

    /// `nil` when another instance has it, or it is done.
    private func claim(_ message: Message) async throws -> Message? {
        do {
            return try await context.transaction { [self] tx in
                var claimed = message
                claimed.claimed(until: context.loop.now + channel.timeout + .seconds(2))
                return try await messages.update(claimed, in: tx)
            }
        } catch let error as StorageError where error.code == .versionConflict {
            return nil
        }
    }

    /// Goes on for a while when the service stops.
    private func sendToTheEnd(_ message: Message) async {
        let sending = context.loop.start { await self.send(message) }
        await withTaskCancellationHandler {
            await sending.value
        } onCancel: {
            context.loop.schedule(after: Self.longestGoodbye) { sending.cancel() }
        }
        let others = underWay.subtract(1, ordering: .relaxed).newValue
        // Not at each end: then each would be claimed alone, with a commit of its own.
        if others == concurrency / 2 { wake.raise() }
    }

    private func send(_ message: Message) async {
        let outcome = await channel.deliver(message)
        do {
            try await context.transaction { [self] tx in
                guard let stored = try await messages.find(message.id, in: tx), stored.status == .pending else {
                    return
                }
                let updated = try await messages.update(settled(stored, by: outcome), in: tx)
                guard outcome == .sent else { return report(outcome, updated) }
                try await context.publish(
                    NotificationSent(
                        messageId: updated.id, orderId: updated.orderId, recipient: updated.recipient.rawValue,
                        channel: updated.channel.rawValue, sentAt: context.loop.now),
                    about: updated.orderId, version: updated.version, in: tx)
            }
        } catch {
            // It is tried again once its claim is over, with the same key.
            context.log.warning(
                "what came of a notification could not be noted",
                ["notification": .string(message.id), .error: .error(error)])
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
            context.log.error("notification refused", ["notification": .string(message.id), .error: .string(reason)])
        case .failed(let reason):
            context.log.warning(
                "notification not sent yet", ["notification": .string(message.id), .error: .string(reason)])
        }
    }
}
