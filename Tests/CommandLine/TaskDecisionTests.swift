import Testing

@testable import SambalProgram

@Suite struct TaskDecisionTests {
    private static func decision(_ words: [String]) throws -> [String: String] {
        let (form, rest) = try Commands.form(of: TasksCommand.self, in: ["resolve"] + words)
        return try TasksCommand.decision(Arguments(rest, of: form, command: "tasks"))
    }

    @Test func a_movement_is_adopted_by_the_payment_that_is_named() throws {
        let words = [
            "UNKNOWN_MOVEMENT-pi_1", "--action", "adopt", "--payment", "PAY-1", "--by", "ann", "--reason", "a link",
        ]
        #expect(
            try Self.decision(words) == ["action": "adopt", "paymentId": "PAY-1", "by": "ann", "reason": "a link"])
    }

    @Test func other_decisions_name_no_payment() throws {
        let words = ["DISPUTED-1", "--action", "close", "--by", "ann", "--reason", "answered"]
        #expect(try Self.decision(words) == ["action": "close", "by": "ann", "reason": "answered"])
    }

    @Test(arguments: ["action", "by", "reason"]) func without_what_is_needed_nothing_is_sent(missing: String) {
        let words = ["action", "by", "reason"].filter { $0 != missing }.flatMap { ["--" + $0, "x"] }
        #expect(throws: UsageError.self) { try Self.decision(["DISPUTED-1"] + words) }
    }
}
