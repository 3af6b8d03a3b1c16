import Storage
import Testing

/// Callers may choose conditions and orders, so that a connection meets more texts than it keeps statements for.
@Suite struct StatementLimitTests {
    private static let comparisons: [Condition.Comparison] = [
        .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual,
    ]

    @Test(arguments: Setting.all)
    func more_texts_than_are_kept_are_answered_rightly_again_and_again(setting: Setting) async throws {
        try await setting.run { stage in
            for size in 1...3 { try await stage.gadgets.insert(Gadget("g\(size)", size: Int64(size))) }
            for round in 0..<2 {
                // 6 × 6 × 6 × 2 texts: more than twice the limit.
                for number in 0..<432 {
                    let comparisons = [number % 6, number / 6 % 6, number / 36 % 6].map { Self.comparisons[$0] }
                    let conditions = comparisons.map { Condition("size", $0, 2) }
                    let sort = number < 216 ? [] : [Sort("size", descending: true)]
                    let found = try await stage.gadgets.all(Query(where: conditions, sort: sort, limit: 9))
                    let expected = (1...3).filter { size in comparisons.allSatisfy { Self.holds(size, $0) } }
                    #expect(
                        found.map(\.id) == (sort.isEmpty ? expected : expected.reversed()).map { "g\($0)" },
                        "round \(round): \(comparisons)")
                }
                // Writes go on between statements that come and go.
                let stored = try #require(try await stage.gadgets.find("g1"))
                #expect(try await stage.gadgets.update(stored).version == Int64(round + 2))
            }
        }
    }

    private static func holds(_ size: Int, _ comparison: Condition.Comparison) -> Bool {
        switch comparison {
        case .equal, .oneOf: size == 2
        case .notEqual: size != 2
        case .less: size < 2
        case .lessOrEqual: size <= 2
        case .greater: size > 2
        case .greaterOrEqual: size >= 2
        }
    }
}
