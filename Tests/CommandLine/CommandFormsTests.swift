import Testing

@testable import SambalProgram

@Suite struct CommandFormsTests {
    private static let options = [
        Option("data", "DIR", "a folder"), Option("format", "FORMAT", "a format", choices: ["table", "json"]),
        Option("all", nil, "everything"),
    ]
    private static let form = Form("dead show", .one("ID"), "shows one", options: options) { _ in }

    private static func parse(_ line: String) throws -> Arguments {
        try Arguments(line.split(separator: " ").map(String.init)[...], of: form, command: "events")
    }

    @Test func options_may_stand_before_and_after_operands_with_a_blank_or_an_equals_sign() throws {
        for line in ["--data d ID-1 --format=json --all", "ID-1 --all --format json --data=d"] {
            let arguments = try Self.parse(line)
            #expect(arguments.operands == ["ID-1"])
            #expect(arguments.string("data") == "d" && arguments.format == .json && arguments.isGiven("all"))
        }
        #expect(try Self.parse("--data= -- --odd").operands == ["--odd"])
    }

    @Test(arguments: [
        ("ID-1 --colour red", "events dead show has no option --colour"),
        ("ID-1 --data", "--data needs a value"),
        ("ID-1 --data a --data b", "--data is given twice"),
        ("ID-1 --format yaml", "--format must be table, json, not yaml"),
        ("ID-1 --all=yes", "--all takes no value"),
        ("", "usage: sambal events dead show ID"),
        ("ID-1 ID-2", "usage: sambal events dead show ID"),
    ])
    func a_wrong_call_is_refused_with_what_is_wrong(line: String, message: String) {
        let error = #expect(throws: UsageError.self) { try Self.parse(line) }
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        (["dead", "list", "--limit", "1"], "dead list"), (["tail"], "tail"), (["dead", "retry", "all"], "dead retry"),
    ])
    func the_longest_form_that_the_words_begin_with_is_meant(words: [String], form: String) throws {
        #expect(try Commands.form(of: EventsCommand.self, in: words).form.words.joined(separator: " ") == form)
    }

    @Test func a_default_form_needs_no_word_and_an_unknown_word_is_no_default() throws {
        #expect(try Commands.form(of: SagasCommand.self, in: ["--status", "PARKED"]).form.words == ["list"])
        #expect(throws: UsageError.self) { try Commands.form(of: SagasCommand.self, in: ["lst"]) }
        #expect(throws: UsageError.self) { try Commands.form(of: EventsCommand.self, in: []) }
    }

    @Test(arguments: [("move", "copy"), ("storm", "event-storming")])
    func an_earlier_name_of_a_command_still_works(earlier: String, name: String) throws {
        #expect(Commands.named(earlier)?.name == name)
        #expect(Manual.markdown.contains("`sambal \(earlier)` is its earlier name"))
    }

    @Test func names_and_earlier_names_are_each_used_once() {
        let names = Commands.all.flatMap { [$0.name] + $0.earlierNames }
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: Commands.all.map { $0.name })
    func every_form_is_reached_by_its_words_and_described(name: String) throws {
        let command = try #require(Commands.all.first { $0.name == name })
        for form in command.forms {
            let words = form.words + (form.operands.text.isEmpty ? [] : ["X"])
            #expect(try Commands.form(of: command, in: words).form.words == form.words)
            #expect(!form.summary.isEmpty && Help.text(of: form, command).contains(form.summary))
            #expect(Help.text(of: command).contains(form.synopsis(of: name)))
            #expect(Manual.page.contains(form.synopsis(of: name).replacing("-", with: "\\-")))
            for shell in Completion.allCases {
                for word in form.words { #expect(shell.script.contains(word), "\(shell) does not know \(word)") }
            }
        }
    }
}
