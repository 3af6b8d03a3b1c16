import Configuration
import HTTP
import Kernel
import PaymentProviders
import Testing

/// An empty secret is a mistake in the configuration, told by its line or its variable; no provider runs with one.
@Suite struct SecretsTests {
    private static let yaml = """
        stripe: {secretKey: sk, webhookSecret: whsec_1, previousWebhookSecret: whsec_0}
        midtrans: {serverKey: SB, paymentToken: token}
        toss: {secretKey: test_sk, paymentToken: token}
        """

    private static func mistakes(_ yaml: String, _ environment: [String: String]) throws -> [String] {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, environment: environment))
        _ = StripeSettings(from: reader.root.section("stripe"))
        _ = MidtransSettings(from: reader.root.section("midtrans"))
        _ = TossSettings(from: reader.root.section("toss"))
        do {
            try reader.finish()
            return []
        } catch {
            return "\(error)".split(separator: "\n").map(String.init)
        }
    }

    @Test func secrets_that_say_something_are_taken() throws {
        #expect(try Self.mistakes(Self.yaml, [:]).isEmpty)
    }

    @Test(arguments: [
        ("SAMBAL_STRIPE_SECRET_KEY", "stripe.secretKey"), ("SAMBAL_STRIPE_WEBHOOK_SECRET", "stripe.webhookSecret"),
        ("SAMBAL_STRIPE_PREVIOUS_WEBHOOK_SECRET", "stripe.previousWebhookSecret"),
        ("SAMBAL_MIDTRANS_SERVER_KEY", "midtrans.serverKey"), ("SAMBAL_TOSS_SECRET_KEY", "toss.secretKey"),
        ("SAMBAL_MIDTRANS_PAYMENT_TOKEN", "midtrans.paymentToken"),
    ])
    func an_empty_variable_is_a_mistake(_ variable: String, _ path: String) throws {
        for empty in ["", " ", "\t"] {
            let found = try Self.mistakes(Self.yaml, [variable: empty])
            #expect(found.contains { $0.contains(variable) && $0.contains("\(path) must not be empty") }, "\(found)")
        }
    }

    @Test(arguments: [("whsec_0", "stripe.previousWebhookSecret", 1), ("SB", "midtrans.serverKey", 2)])
    func an_empty_line_is_a_mistake(_ secret: String, _ path: String, _ line: Int) throws {
        let found = try Self.mistakes(Self.yaml.replacing(": " + secret, with: ": ''"), [:])
        #expect(found.contains { $0.contains(":\(line): \(path) must not be empty") }, "\(found)")
    }
}
