import KafkaTestSupport
import Testing

/// How the services of a shop under test are laid out.
enum Layout: String, CaseIterable, CustomTestStringConvertible {
    /// All in one process, their events in the embedded log.
    case together
    /// Each a process of its own, their events on Kafka.
    case spread

    /// Of tests that do not choose: where SAMBAL_TEST_KAFKA names a broker, they run on it.
    static let standard: Layout = KafkaUnderTest.broker == nil ? .together : .spread

    var testDescription: String { rawValue }
}
