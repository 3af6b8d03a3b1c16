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
        let failure = await deliver(message)
        try await context.transaction { tx in
            guard var stored = try await messages.find(message.id, in: tx), stored.status == .pending else { return }
            if let failure {
                stored.failed(at: context.loop.now)
                try await messages.update(stored, in: tx)
                context.log.warning(
                    "message not sent yet", ["message": .string(stored.id), "error": .string(failure)])
                return
            }
            stored.sent(at: context.loop.now)
            stored = try await messages.update(stored, in: tx)
            try await context.publish(
                NotificationSent(
                    messageId: stored.id, orderId: stored.orderId, recipient: stored.recipient.rawValue,
                    sentAt: context.loop.now),
                about: stored.orderId, version: stored.version, in: tx)
        }
    }

    /// What went wrong, or `nil`.
    private func deliver(_ message: Message) async -> String? {
        let body = SendEmail(to: message.address, subject: message.subject, text: message.text)
        do {
            let response = try await email.post(EmailAPI.path, body, headers: ["Idempotency-Key": message.id])
            return response.isSuccess ? nil : "the email service answered \(response.status)"
        } catch {
            return "\(error)"
        }
    }
}
