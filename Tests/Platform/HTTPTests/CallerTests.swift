import HTTP
import Testing

@Suite struct CallerTests {
    private func written(_ caller: Caller) -> Headers {
        var headers: Headers = ["sambal-caller": "mallory"]
        caller.write(to: &headers)
        return headers
    }

    @Test(arguments: [
        Caller(subject: "anna", issuer: "till"),
        Caller(subject: "anna", issuer: "till", roles: ["seller", "operator"]),
        Caller(subject: "ä, b\r\nHost: x|%", issuer: "https://id.example/realms/shop?x=1", roles: ["a!b"]),
    ])
    func a_caller_is_read_as_it_was_written(caller: Caller) throws {
        let headers = written(caller)
        #expect(try Caller(headers) == caller)
        #expect(headers.all("Sambal-Caller").count == 1)
        for field in headers.fields { #expect(field.value.utf8.allSatisfy { (0x20...0x7E).contains($0) }) }
    }

    @Test func without_fields_it_is_nobody() throws {
        #expect(try Caller(["Sambal_Caller": "anna", "Sambal-Callers": "anna", "X-Sambal-Caller": "anna"]) == nil)
    }

    @Test func roles_that_the_field_cannot_hold_are_left_out() throws {
        let headers = written(Caller(subject: "a", issuer: "i", roles: ["x,operator", "a b", "", "ü", "seller"]))
        #expect(headers["Sambal-Caller-Roles"] == "seller")
    }

    @Test(arguments: [
        ["Sambal-Caller": "anna"], ["Sambal-Caller-Issuer": "till"], ["Sambal-Caller-Roles": "operator"],
        ["Sambal-Caller": "anna", "Sambal-Caller-Roles": "operator"],
        ["Sambal-Caller": "", "Sambal-Caller-Issuer": "till"], ["Sambal-Caller": "anna", "Sambal-Caller-Issuer": ""],
        ["Sambal-Caller": "a%", "Sambal-Caller-Issuer": "till"],
        ["Sambal-Caller": "a%FF", "Sambal-Caller-Issuer": "till"],
        ["Sambal-Caller": "a%zz", "Sambal-Caller-Issuer": "till"],
        ["Sambal-Caller": "a b", "Sambal-Caller-Issuer": "till"],
    ])
    func fields_that_name_a_caller_in_part_are_refused(fields: [String: String]) {
        var headers = Headers()
        for (name, value) in fields { headers.add(name, value) }
        #expect(throws: Problem.self) { try Caller(headers) }
    }

    @Test(arguments: ["Sambal-Caller", "Sambal-Caller-Issuer", "Sambal-Caller-Roles"])
    func fields_that_are_sent_twice_are_refused(name: String) throws {
        var headers = written(Caller(subject: "anna", issuer: "till", roles: ["seller"]))
        headers.add(name.lowercased(), "operator")
        let problem = #expect(throws: Problem.self) { try Caller(headers) }
        #expect(problem?.status == 400 && problem?.errors.first?.field == name)
    }

    @Test func work_is_done_for_one_caller_or_for_the_service() async {
        let anna = Caller(subject: "anna", issuer: "till")
        #expect(Caller.current == nil)
        await Caller.acting(for: anna) {
            #expect(Caller.current == anna)
            await Caller.acting(for: nil) { #expect(Caller.current == nil) }
            #expect(Caller.current == anna)
        }
    }
}
