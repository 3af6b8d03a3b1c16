import MessagingKafka
import Testing

@Suite struct KafkaSettingsTests {
    @Test(arguments: [
        ("kafka://a:9092", ["a:9092"]), ("kafka://a,b:1", ["a:9092", "b:1"]), ("kafka://[::1]:9093", ["[::1]:9093"]),
        ("kafka://[::1]", ["[::1]:9092"]),
    ]) func brokers_are_read_from_a_url(url: String, brokers: [String]) {
        #expect(KafkaSettings(url: url)?.brokers == brokers)
    }

    @Test(arguments: [
        "kafka://", "kafka:/a:1", "http://a:1", "kafka://a:0", "kafka://a:70000", "kafka://a:x", "kafka://a,,b",
        "kafka://:9092", "kafka://a:1/topic", "kafka://user@a:1", "",
    ]) func what_is_no_list_of_brokers_is_refused(url: String) {
        #expect(KafkaSettings(url: url) == nil)
    }

    @Test func settings_that_librdkafka_does_not_take_are_named() throws {
        var settings = KafkaSettings(brokers: ["a:9092"])
        try settings.validate()
        settings.properties = ["linger.mss": "5"]
        let error = #expect(throws: KafkaError.self) { try settings.validate() }
        #expect(error?.message.contains("linger.mss") == true)
        settings.properties = [:]
        settings.sasl = KafkaSASL(mechanism: .scramSHA512, username: "u", password: "p")
        settings.tls = KafkaTLS()
        try settings.validate()
    }
}
