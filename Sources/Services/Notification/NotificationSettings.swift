import Configuration
import Contracts
import Resilience
import ServiceHost

/// The settings of the `notification` section of the configuration.
struct NotificationSettings: Sendable {
    let recipients: RecipientPolicy
    /// How many messages of each channel are sent at once.
    let concurrency: Int
    let timeout: Duration
    let breaker: CircuitBreakerSettings

    init(from section: Configuration) {
        let seller = section.string(
            "seller", default: "seller@example.com",
            help: "The e-mail address of the seller, who is notified of every order.")
        if !EmailAddress.isPlausible(seller) {
            section.report("seller", "must be an e-mail address, not \"\(seller)\"")
        }
        let phone = section.optionalString(
            "sellerPhone",
            help: "The telephone number of the seller, in E.164; without one the seller gets no text messages.")
        if let phone, !PhoneNumber.isPlausible(phone) {
            section.report("sellerPhone", "must be a number as \"+628123456789\", not \"\(phone)\"")
        }
        recipients = RecipientPolicy(
            seller: .init(
                email: seller, phone: phone,
                language: section.choice(
                    "language", default: Language.english, help: "The language of messages to the seller.")))
        concurrency = section.int(
            "concurrency", in: 1...1000, default: 64, help: "How many messages of each channel are sent at once.")
        timeout = section.duration(
            "timeout", default: .seconds(30), help: "The timeout of one call to the email or the SMS service.")
        breaker = CircuitBreakerSettings(from: section.section("breaker"))
    }
}
