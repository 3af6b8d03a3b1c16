import Configuration
import Testing

@Suite struct DumpTests {
    @Test func the_effective_configuration_shows_each_source_and_no_secret() throws {
        let source = try ConfigurationSource(
            yaml: "order:\n  database: postgres://shop:pa@ss@db/orders\nroutes:\n- path: /a\n  to: order\n",
            environment: ["SAMBAL_ORDER_PORT": "9", "SAMBAL_PSP_API_KEY": "hunter2"])
        let reader = ConfigurationReader(source)
        let order = reader.root.section("order")
        _ = order.int("port")
        _ = order.string("database")
        _ = order.duration("timeout", default: .milliseconds(1500))
        _ = order.strings("hosts", default: ["a", "b: c"])
        _ = order.string("note", default: "two words\n")
        _ = reader.root.section("psp").string("apiKey")
        for route in reader.root.list("routes") {
            _ = route.string("path")
            _ = route.string("to")
        }
        try reader.finish()
        let dump = reader.dump()
        #expect(
            dump == #"""
                order:
                  port: 9  # environment SAMBAL_ORDER_PORT
                  database: postgres://shop:********@db/orders  # config.yaml:2
                  timeout: 1500ms  # default
                  hosts: [a, "b: c"]  # default
                  note: "two words\n"  # default
                psp:
                  apiKey: "********"  # environment SAMBAL_PSP_API_KEY
                routes:
                  - path: /a  # config.yaml:4
                    to: order  # config.yaml:5

                """#)
        #expect(throws: Never.self) { try ConfigurationSource(yaml: dump) }
    }

    @Test(arguments: [
        ("postgres://u:se%40cret@h/d?sslmode=require", "postgres://u:********@h/d?sslmode=require"),
        ("postgres://u:1/secret@h/d", "postgres://u:********@h/d"),
        // A mark that combines with the sign before it is a character of its own to who reads bytes.
        ("postgres://u:secret@\u{301}h/d", "postgres://u:********@\u{301}h/d"),
        ("postgres://u:\u{301}secret@h?password=\u{301}secret", "postgres://u:********@h?password=********"),
        ("postgres://u:a?secret=b@h/d", "postgres://u:********@h/d"),
        (
            "postgres://u@h/d?password=secret&sslpassword=secret",
            "postgres://u@h/d?password=********&sslpassword=********"
        ),
        (
            "mongodb://u:secret@a:1,b:2/d?tls=true&tlsCertificateKeyFilePassword=secret",
            "mongodb://u:********@a:1,b:2/d?tls=true&tlsCertificateKeyFilePassword=********"
        ),
        (
            "https://sms.example.com/send?token=secret&api_key=secret&X-Auth=secret&a=b",
            "https://sms.example.com/send?token=********&api_key=********&X-Auth=********&a=b"
        ),
        ("http://localhost:8080/path?password", "http://localhost:8080/path?password"),
    ])
    func an_address_is_shown_without_the_passwords_in_it(url: String, shown: String) throws {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: "address: \"\(url)\"\n"))
        _ = reader.root.string("address")
        #expect(reader.dump().contains(shown), "\(reader.dump())")
        #expect(!reader.dump().contains("secret"))
    }

    @Test(arguments: ["X-Auth", "Cookie", "Set-Cookie", "Authorization", "X-Api-Key", "X-Signature", "bearer"])
    func values_of_secret_headers_are_not_shown(name: String) throws {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: "headers:\n  \(name): hunter2\n"))
        _ = reader.root.stringMap("headers")
        #expect(!reader.dump().contains("hunter2"), "\(reader.dump())")
    }

    @Test func a_path_is_shown_however_its_key_is_named_and_content_is_not() throws {
        let yaml = "{key: /etc/tls/key.pem, allowCredentials: true, serverKey: hunter2, token: 7}"
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml))
        #expect(reader.root.optionalFile("key") == "/etc/tls/key.pem")
        _ = reader.root.bool("allowCredentials")
        _ = reader.root.string("serverKey")
        _ = reader.root.string("token")
        #expect(reader.dump().contains("key: /etc/tls/key.pem"), "\(reader.dump())")
        #expect(reader.dump().contains("allowCredentials: true"))
        #expect(!reader.dump().contains("hunter2") && !reader.dump().contains("7"))
        #expect(reader.declarations.map(\.isSecret) == [false, false, true, true])
        #expect(reader.declarations.first?.type == "file's path")
        for content in ["-----BEGIN PRIVATE KEY-----\\nAAAA", "AAAA\\nBBBB", " "] {
            let wrong = ConfigurationReader(try ConfigurationSource(yaml: "key: \"\(content)\""))
            #expect(wrong.root.optionalFile("key") == nil)
            let error = try #require(throws: ConfigurationError.self) { try wrong.finish() }
            #expect(!"\(error)".contains("AAAA") && !wrong.dump().contains("AAAA"))
        }
    }

    /// Also what ends a line in YAML's eyes only, what YAML does not take as it is, and what turns the direction of text.
    @Test(arguments: [
        "\u{85}", "\u{2028}", "\u{2029}", "\u{7f}", "\u{9f}", "\u{feff}", "\u{202e}", "\u{e0001}", "\u{1b}",
    ])
    func a_character_that_cannot_be_seen_is_escaped_and_reads_back(character: String) throws {
        let text = "a\(character)b"
        let reader = ConfigurationReader(try ConfigurationSource(yaml: ""))
        _ = reader.root.string("note", default: text)
        let dump = reader.dump()
        #expect(dump.unicodeScalars.allSatisfy { $0 == "\n" || (0x20..<0x7F).contains($0.value) }, "\(dump)")
        let again = ConfigurationReader(try ConfigurationSource(yaml: dump))
        #expect(again.root.string("note") == text)
    }

    @Test(arguments: ["00' 00,,[d", "(,,,,!!,,.,,,#\u{fffd},,,,,,-,,.,'\u{fffd}\u{fffd},,#\u{fffd},,,a"])
    func a_list_reads_back_as_the_same_texts(list: String) throws {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: "name:\nhosts: \(list)\n"))
        let hosts = reader.root.strings("hosts")
        let again = ConfigurationReader(try ConfigurationSource(yaml: reader.dump()))
        #expect(again.root.strings("hosts") == hosts, "\(reader.dump())")
    }
}
