import Contracts
import HTTP
import Kernel
import ServiceHost
import Storage
import Telemetry

/// Hands the messages that wait to the email service, several at a time, each with its own key; what fails is tried again.
struct MessageSending: Sendable {
    let context: ServiceContext
    let messages: Repository<Message>
    let email: Peer
    let wake: Signal
    let concurrency: Int
    /// Longer than the email service can take for one mail, so that what is tried again is not still on its way.
    let timeout: Duration

    func run() async throws {
        while !Task.isCancelled {
            do {
                // A full batch means that more may wait; otherwise a new message, or a due retry, wakes it.
                if try await sendDue() < concurrency { await wake.wait(on: context.loop, atMost: .seconds(1)) }
            } catch {
                context.log.warning("messages could not be read this time", ["error": .string("\(error)")])
                try await context.loop.sleep(for: .seconds(1))
            }
            try Task.checkCancellation()
        }
    }

    /// How many were due.
    func sendDue() async throws -> Int {
        let due = try await messages.all(
            Query(
                where: [Condition("nextTryAt", .lessOrEqual, .integer(context.loop.now.milliseconds))],
                sort: [Sort("nextTryAt")], limit: concurrency))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for message in due { group.addTask { try await send(message) } }
            try await group.waitForAll()
        }
        return due.count
    }

    private func send(_ message: Message) async throws {
        guard let message = try await claim(message) else { return }
        let outcome = await deliver(message)
        try await context.transaction { tx in
            guard let stored = try await messages.find(message.id, in: tx), stored.status == .pending else { return }
            let updated = try await messages.update(settled(stored, by: outcome), in: tx)
            guard outcome == .sent else { return report(outcome, updated) }
            try await context.publish(
                NotificationSent(
                    messageId: updated.id, orderId: updated.orderId, recipient: updated.recipient.rawValue,
                    channel: "email",
                    sentAt: context.loop.now),
                about: updated.orderId, version: updated.version, in: tx)
        }
    }

    /// `nil` when another instance has it, or it is done.
    private func claim(_ message: Message) async throws -> Message? {
        do {
            return try await context.transaction { tx in
                var claimed = message
                claimed.claimed(until: context.loop.now + timeout + .seconds(2))
                return try await messages.update(claimed, in: tx)
            }
        } catch let error as StorageError where error.code == .versionConflict {
            return nil
        }
    }

    private enum Outcome: Sendable, Hashable {
        case sent
        /// Trying again would end the same.
        case refused(String)
        case failed(String)
    }

    private func settled(_ message: Message, by outcome: Outcome) -> Message {
        var message = message
        switch outcome {
        case .sent: message.sent(at: context.loop.now)
        case .refused(let reason): message.refused(reason: reason)
        case .failed: message.failed(at: context.loop.now)
        }
        return message
    }

    private func report(_ outcome: Outcome, _ message: Message) {
        switch outcome {
        case .sent: break
        case .refused(let reason):
            context.log.error("notification refused", ["notification": .string(message.id), .error: .string(reason)])
        case .failed(let reason):
            context.log.warning(
                "notification not sent yet", ["notification": .string(message.id), .error: .string(reason)])
        }
    }

    private func deliver(_ message: Message) async -> Outcome {
        let body = SendEmail(to: message.address, subject: message.subject, text: message.text)
        do {
            let response = try await email.post(
                EmailAPI.path, body, headers: ["Idempotency-Key": message.id], timeout: timeout)
            if response.isSuccess { return .sent }
            let reason = "email answered \(response.status): \(String(decoding: response.body, as: UTF8.self))"
            return response.status == 400 || response.status == 422 ? .refused(reason) : .failed(reason)
        } catch {
            return .failed("\(error)")
        }
    }
}
