import Configuration
import Contracts
import Resilience
import ServiceHost

/// What the `notification` section of the configuration says.
struct NotificationSettings: Sendable {
    let recipients: RecipientPolicy
    /// Of each channel, how many messages are under way at most.
    let concurrency: Int
    let timeout: Duration
    let breaker: CircuitBreakerSettings

    init(from section: Configuration) {
        let seller = section.string("seller", default: "seller@example.com")
        if !EmailAddress.isPlausible(seller) {
            section.report("seller", "must be an e-mail address, not \"\(seller)\"")
        }
        let phone = section.optionalString("sellerPhone")
        if let phone, !PhoneNumber.isPlausible(phone) {
            section.report("sellerPhone", "must be a number as \"+628123456789\", not \"\(phone)\"")
        }
        recipients = RecipientPolicy(
            seller: .init(
                email: seller, phone: phone, language: section.choice("language", default: Language.english)))
        concurrency = section.int("concurrency", in: 1...1000, default: 64)
        timeout = section.duration("timeout", default: .seconds(30))
        breaker = CircuitBreakerSettings(from: section.section("breaker"))
    }
}
