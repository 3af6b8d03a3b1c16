import PlatformTestSupport
import Storage
import Testing

/// Pages far from where a collection begins, which some engines find another way.
@Suite struct DeepPageTests {
    private static let rows = 1_600

    private static func gadget(_ number: Int) -> Gadget {
        Gadget(
            "\(100_000 + number)", color: number % 3 == 0 ? nil : ["red", "green"][number % 2],
            size: Int64(number * 7_919 % 1_009))
    }

    @Test(arguments: StorageEngine.all) func they_hold_what_an_order_in_memory_says(engine: StorageEngine) async throws
    {
        let setting = Setting(engine: engine, loop: .threads)
        try await setting.run { stage in
            let all = (0..<Self.rows).map(Self.gadget)
            for start in stride(from: 0, to: Self.rows, by: 400) {
                try await stage.database.transaction { tx in
                    for gadget in all[start..<min(start + 400, all.count)] {
                        try await stage.gadgets.insert(gadget, in: tx)
                    }
                }
            }
            for offset in [999, 1_000, 1_300, 1_590, 5_000] {
                for isDescending in [false, true] {
                    let sorted = all.sorted {
                        $0.size == $1.size ? $0.id < $1.id : ($0.size < $1.size) != isDescending
                    }
                    let found = try await stage.gadgets.all(
                        Query(sort: [Sort("size", descending: isDescending)], limit: 30, offset: offset))
                    #expect(found.map(\.id) == sorted.dropFirst(offset).prefix(30).map(\.id), "\(offset)")
                }
                let some = all.filter { $0.size < 900 && $0.color != nil }.sorted { $0.id < $1.id }
                let found = try await stage.gadgets.all(
                    Query(
                        where: [.less("size", 900), .notEqual("color", nil)], sort: [Sort("id")], limit: 30,
                        offset: offset))
                #expect(found.map(\.id) == some.dropFirst(offset).prefix(30).map(\.id), "\(offset), filtered")
            }
        }
    }
}
