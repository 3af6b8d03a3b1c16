import Configuration
import Testing

@testable import SambalProgram

@Suite struct EventSettingsTests {
    private func read(_ yaml: String) throws -> ShopSettings {
        try ShopSettings(
            ConfigurationReader(try ConfigurationSource(yaml: yaml)), data: "/data", defaultTransport: .direct)
    }

    @Test func an_event_is_tried_as_often_as_it_is_told() throws {
        #expect(try read("log: {}").eventRetries == 7)
        #expect(try read("deadLetters: {retries: 0}").eventRetries == 0)
        #expect(try read("deadLetters: {retries: 60}").eventRetries == 60)
    }

    @Test(arguments: [
        ("retries: -1", "deadLetters.retries"), ("retries: 61", "deadLetters.retries"),
        ("retries: often", "deadLetters.retries"), ("retry: 3", "deadLetters.retry"),
    ]) func what_is_no_number_of_tries_is_told_with_its_line(line: String, name: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try read("log: {}\ndeadLetters:\n  \(line)\n")
        }
        #expect("\(error)".contains(":3"))
        #expect("\(error)".contains(name))
    }

    @Test(arguments: ["kafka://", "kafka://a:b", "rabbit"])
    func what_is_no_event_log_is_told_with_its_line(events: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try read("log: {}\nevents: '\(events)'\n") }
        #expect("\(error)".contains(":2"))
        #expect("\(error)".contains("kafka://"))
    }
}
