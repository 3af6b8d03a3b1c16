import HTTP
import Testing

@Suite struct QueryTests {
    @Test func names_and_values_are_decoded() {
        let query = QueryString("a=1&b=x+y%26z&a=2&c&d=&=e&&f=%zz%C3%A9")
        #expect(query["a"] == "1")
        #expect(query.all("a") == ["1", "2"])
        #expect(query["b"] == "x y&z")
        #expect(query["c"] == "")
        #expect(query["d"] == "")
        #expect(query[""] == "e")
        #expect(query["f"] == "%zzé")
        #expect(query["g"] == nil)
    }

    @Test(arguments: ["page=-1", "page=11", "page=x", "page=", "page=99999999999999999999"])
    func a_number_that_does_not_fit_is_named(text: String) {
        let error = #expect(throws: Problem.self) { try QueryString(text).integer("page", default: 0, in: 0...10) }
        #expect(error?.status == 400)
        #expect(error?.errors.first?.field == "page")
    }

    @Test func a_number_that_is_missing_has_its_default() throws {
        #expect(try QueryString("").integer("page", default: 3, in: 0...10) == 3)
        #expect(try QueryString("page=7").integer("page", default: 3, in: 0...) == 7)
        #expect(try QueryString("").integer("page") == nil)
        #expect(try QueryString("all=true").flag("all"))
        #expect(throws: Problem.self) { try QueryString("all=maybe").flag("all") }
        #expect(throws: Problem.self) { try QueryString("q=").required("q") }
    }
}
