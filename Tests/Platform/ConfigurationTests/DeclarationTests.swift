import Configuration
import Testing

/// Reading a setting declares it, so that a reference of all settings can be generated.
@Suite struct DeclarationTests {
    private static func declarations(_ yaml: String, _ read: (Configuration) -> Void) throws -> [SettingDeclaration] {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml))
        read(reader.root)
        return reader.declarations
    }

    @Test func a_setting_is_declared_with_its_default_whether_or_not_it_has_a_value() throws {
        for yaml in ["", "order: {port: 9000}"] {
            let found = try Self.declarations(yaml) { root in
                _ = root.section("order").int("port", in: 1...65535, default: 8084, help: "The port.")
            }
            let port = try #require(found.first)
            #expect(found.count == 1 && port.key == "order.port" && port.help == "The port.")
            #expect(port.type == "whole number from 1 to 65535" && port.defaultText == "8084" && !port.isRequired)
            #expect(port.variable == "SAMBAL_ORDER_PORT" && !port.isSecret && port.unit == nil)
        }
    }

    @Test func a_setting_without_a_default_is_required_and_an_optional_one_is_not() throws {
        let found = try Self.declarations("") { root in
            _ = root.string("secretKey")
            _ = root.optionalDuration("retention", in: .seconds(1) ... .seconds(60))
        }
        #expect(found.map(\.isRequired) == [true, false])
        #expect(found.map(\.isSecret) == [true, false])
        #expect(found.map(\.type) == ["text", "duration, from 1s to 1m"])
        #expect(found.allSatisfy { $0.defaultText == nil })
    }

    @Test func a_description_may_replace_the_default_and_name_a_unit() throws {
        let found = try Self.declarations("") { root in
            _ = root.int("maxBodies", default: 77, help: .init("All bodies.", unit: "bytes", default: "an eighth"))
            _ = root.string("uri", help: .init("The target.", default: "required, unless `path` is given"))
        }
        #expect(found.map(\.defaultText) == ["an eighth", "required, unless `path` is given"])
        #expect(found.map(\.unit) == ["bytes", nil] && found.map(\.isRequired) == [false, false])
    }

    @Test func items_of_a_list_are_declared_once() throws {
        let found = try Self.declarations("routes: [{id: a}, {id: b}]") { root in
            for route in root.list("routes") { _ = route.string("id", default: "-") }
            _ = root.strings("hosts", default: ["a", "b"])
            _ = root.stringMap("headers")
        }
        #expect(found.map(\.key) == ["routes[].id", "hosts", "headers.NAME"])
        #expect(found.map(\.variable) == ["SAMBAL_ROUTES_0_ID", "SAMBAL_HOSTS", nil])
        #expect(found[1].defaultText == "a,b")
    }
}
