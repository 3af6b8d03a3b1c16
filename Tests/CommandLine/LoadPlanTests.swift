import Kernel
import Testing

@testable import SambalProgram

@Suite struct LoadPlanTests {
    private static func plan(_ words: String...) throws -> LoadPlan {
        try LoadTestCommand.plan(of: Arguments(words[...], of: LoadTestCommand.forms[0], command: "loadtest"))
    }

    @Test func without_options_sixteen_buyers_place_orders_for_thirty_seconds() throws {
        let plan = try Self.plan()
        #expect(plan.model == .closed && plan.peak == 16 && plan.duration == .seconds(30))
        #expect(plan.mix == (try LoadMix.parse("order=1")))
        #expect(plan.target(at: .seconds(29)) == 16 && plan.target(at: .seconds(30)) == 0)
    }

    @Test func stages_go_in_a_line_from_target_to_target() throws {
        let plan = try Self.plan("--model", "open", "--stages", "10s:50,20s:50,10s:0")
        #expect(plan.model == .open && plan.duration == .seconds(40) && plan.peak == 50)
        #expect([0, 5, 10, 29, 35].map { plan.target(at: .seconds($0)) } == [0, 25, 50, 50, 25])
    }

    @Test(arguments: [
        ["--users", "5", "--rate", "5"], ["--rate", "5", "--model", "closed"], ["--stages", "10s:5", "--users", "3"],
        ["--stages", "10s"], ["--stages", "0s:5"], ["--stages", "10s:-1"], ["--stages", "10s:6000"],
        ["--duration", "5"], ["--duration", "-5s"], ["--mix", "orders=3"], ["--mix", "order=0"],
        ["--mix", "order,order"], ["--thresholds", "p99=5ms"], ["--thresholds", "p100<5ms"],
        ["--thresholds", "errors<1"], ["--thresholds", "buy.p99<1s"], ["--thresholds", ""],
    ])
    func a_contradiction_and_a_malformed_value_are_refused(words: [String]) {
        #expect(throws: UsageError.self) {
            try LoadTestCommand.plan(of: Arguments(words[...], of: LoadTestCommand.forms[0], command: "loadtest"))
        }
    }

    @Test func kinds_are_picked_by_their_weight() throws {
        let mix = try LoadMix.parse("order=3,read,cancel=2")
        #expect((0..<6).map { mix.pick($0) } == [.order, .order, .order, .read, .cancel, .cancel])
    }

    @Test func times_are_read_and_written_as_people_do() {
        #expect(LoadUnits.duration("250us") == .microseconds(250) && LoadUnits.duration("1.5s") == .milliseconds(1500))
        #expect(LoadUnits.duration("2m") == .seconds(120) && LoadUnits.duration("s") == nil)
        #expect(LoadUnits.duration("1e400s") == nil && LoadUnits.duration("nans") == nil)
        #expect(LoadUnits.decimal(0.05) == "0.1" && LoadUnits.decimal(12.345, 2) == "12.35")
        #expect(LoadUnits.decimal(-0.001) == "0.0" && LoadUnits.decimal(.infinity) == "-")
    }
}
