import Configuration
import Testing

@Suite struct ConfigurationReaderTests {
    enum Mode: String, CaseIterable { case orchestrated, choreographed }

    @Test func values_are_read_by_type() throws {
        let root = try root(
            """
            order:
              port: 8084
              rate: 0.5
              payment: off
              enabled: yes
              timeout: 1.5s
              name: "null"
              hosts: [a, b]
              checkout: choreographed
            routes:
              - path: /orders/**
              - path: /deliveries
            labels: {one: 1, two: 2}
            """)
        let order = root.section("order")
        #expect(order.int("port", in: 0...65535) == 8084)
        #expect(order.number("rate") == 0.5)
        #expect(order.choice("payment", of: ["synchronous", "off"], default: "synchronous") == "off")
        #expect(order.bool("enabled"))
        #expect(order.duration("timeout") == .milliseconds(1500))
        #expect(order.string("name") == "null")
        #expect(order.strings("hosts") == ["a", "b"])
        #expect(order.choice("checkout", default: Mode.orchestrated) == .choreographed)
        #expect(root.list("routes").map { $0.string("path") } == ["/orders/**", "/deliveries"])
        #expect(root.stringMap("labels") == ["one": "1", "two": "2"])
        #expect(root.map("routes").isEmpty)
    }

    @Test func an_absent_value_is_the_default_or_nil() throws {
        let root = try root("order:\n  name: ~\npayment:\n")
        let order = root.section("order")
        #expect(order.optionalString("name") == nil)
        #expect(order.string("name", default: "x") == "x")
        #expect(order.optionalInt("port") == nil)
        #expect(order.strings("hosts", default: ["a"]) == ["a"])
        #expect(root.section("payment").int("port", default: 7) == 7)
        #expect(!root.contains("payment"))
        #expect(root.contains("order"))
    }

    @Test func every_mistake_is_reported_in_the_order_of_the_file() {
        let yaml = """
            order:
              port: "abc"
              timeout: 5 parsecs
              enabled: maybe
              payment: later
              hosts: {a: 1}
              rate: 2
            payment: 7
            """
        let found = problems(yaml) { root in
            _ = root.section("payment").int("port", default: 1)
            let order = root.section("order")
            _ = order.number("rate", in: 0...1)
            _ = order.strings("hosts")
            _ = order.choice("payment", of: ["synchronous", "off"])
            _ = order.bool("enabled")
            _ = order.duration("timeout", in: .seconds(1) ... .seconds(60))
            _ = order.int("port", in: 0...65535)
            _ = order.string("missing")
        }
        #expect(
            found == [
                "config.yaml:2: order.port must be a whole number from 0 to 65535, not \"abc\"",
                "config.yaml:2: order.missing is required: text (or set SAMBAL_ORDER_MISSING)",
                "config.yaml:3: order.timeout must be a duration such as 500ms, 2s or 1m, from 1s to 1m, not \"5 parsecs\"",
                "config.yaml:4: order.enabled must be true or false, not \"maybe\"",
                "config.yaml:5: order.payment must be one of synchronous, off, not \"later\"",
                "config.yaml:6: order.hosts must be a list, not a section",
                "config.yaml:7: order.rate must be a number from 0.0 to 1.0, not \"2\"",
                "config.yaml:8: payment must be a section with keys of its own, not \"7\"",
            ])
    }

    @Test func a_mistake_quotes_no_password() {
        let url = "smtp://user:secret@mail.example.com?token=secret"
        let found = problems("email:\n  smtp: \(url)\n  port: \(url)\n  mode: \(url)\n  wait: \(url)\n") { root in
            let email = root.section("email")
            _ = email.section("smtp")
            _ = email.int("port")
            _ = email.choice("mode", of: ["plain", "tls"])
            _ = email.duration("wait")
        }
        #expect(found.count == 4)
        for problem in found {
            #expect(problem.hasSuffix("not \"smtp://user:********@mail.example.com?token=********\""), "\(problem)")
        }
    }

    /// A key with nothing behind it is what is left of a value that was removed; as a secret it would let anybody in.
    @Test func an_empty_text_is_a_mistake() {
        let found = problems("stripe:\n  secret: ''\n  previous: ' '\n  url: \"\"\n  note: ''\n  port: ''\n") { root in
            let stripe = root.section("stripe")
            _ = stripe.string("secret")
            #expect(stripe.optionalString("previous") == nil)
            #expect(stripe.string("url", default: "http://127.0.0.1") == "http://127.0.0.1")
            #expect(stripe.string("note", default: "").isEmpty)
            #expect(stripe.optionalInt("port") == nil)
        }
        #expect(
            found == [
                "config.yaml:2: stripe.secret must not be empty", "config.yaml:3: stripe.previous must not be empty",
                "config.yaml:4: stripe.url must not be empty",
                "config.yaml:6: stripe.port must be a whole number, not \"\"",
            ])
    }

    @Test func unknown_keys_are_reported_with_what_was_meant() {
        let found = problems("order:\n  prot: 1\n  zebra: 2\npyament: {}\nroutes: [{pth: /}]\n") { root in
            _ = root.section("order").int("port", default: 1)
            _ = root.section("payment").int("port", default: 1)
            _ = root.list("routes").map { $0.string("path", default: "/") }
        }
        #expect(
            found == [
                "config.yaml:2: order.prot is not a known key; did you mean port?",
                "config.yaml:3: order.zebra is not a known key",
                "config.yaml:4: pyament is not a known key; did you mean payment?",
                "config.yaml:5: routes[0].pth is not a known key; did you mean path?",
            ])
    }

    @Test func an_accepted_section_is_not_looked_into() {
        let found = problems("payment:\n  anything: 1\n", environment: ["SAMBAL_PAYMENT_PORT": "1"]) {
            $0.accept("payment")
        }
        #expect(found == [])
    }

    @Test func a_secret_is_not_repeated_in_an_error() {
        let found = problems("psp:\n  apiKey: {a: b}\n  pinSecret: hunter2\n") { root in
            _ = root.section("psp").string("apiKey")
            _ = root.section("psp").int("pinSecret")
        }
        #expect(found.count == 2)
        #expect(!found.joined().contains("hunter2"))
    }

    @Test func a_problem_of_the_callers_own_names_the_value() {
        let found = problems("order:\n  from: 9\n") { $0.section("order").report("from", "must come before until") }
        #expect(found.first == "config.yaml:2: order.from must come before until")
    }

    @Test(arguments: [
        ("0s", Duration.zero), ("500ms", .milliseconds(500)), ("2s", .seconds(2)), ("1m", .seconds(60)),
        ("24h", .seconds(86_400)), ("7d", .seconds(604_800)), ("0.25s", .milliseconds(250)),
        ("10us", .microseconds(10)),
    ])
    func a_duration_reads_and_shows(text: String, duration: Duration) {
        #expect(DurationText.read(text) == duration)
        #expect(DurationText.read(DurationText.show(duration)) == duration)
    }

    @Test(arguments: [
        "", "5", "s", "-1s", "1 s", "1e9s", "1.2.3s", "99999999999999999999d", "9223372036854775807d", "1S",
    ])
    func what_is_not_a_duration_is_refused(text: String) {
        #expect(DurationText.read(text) == nil)
    }
}
