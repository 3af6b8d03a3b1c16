import PlatformTestSupport
import Storage
import Testing

/// Pages that come to more bytes than a page may have.
@Suite struct PageBytesTests {
    private static func named(_ number: Int, bytes: Int) -> Gadget {
        Gadget("\(1_000 + number)", name: "\(number)" + String(repeating: "x", count: bytes), size: Int64(number))
    }

    @Test(arguments: StorageEngine.all) func the_links_of_cut_pages_lead_to_everything(
        engine: StorageEngine
    ) async throws {
        try await Setting(engine: engine, loop: .threads).run { stage in
            // Names are indexed: short enough for every engine.
            for number in 0..<90 { _ = try await stage.gadgets.insert(Self.named(number, bytes: 200)) }
            var (seen, request) = ([String](), PageRequest(number: 0, size: 60))
            for _ in 0..<90 {
                let asked = request
                let page = try await stage.database.read { tx in
                    try await stage.gadgets.page(asked, within: 3_000, in: tx)
                }
                #expect(page.totalElements == 90)
                #expect(page.items.count <= 12 && !page.items.isEmpty)
                #expect(60 % page.request.size == 0 && page.request.number * page.request.size == seen.count)
                seen += page.items.map(\.id)
                guard page.request.number + 1 < page.totalPages else { break }
                request = PageRequest(number: page.request.number + 1, size: page.request.size)
            }
            #expect(seen == (0..<90).map { "\(1_000 + $0)" })
        }
    }

    @Test func a_page_that_fits_is_as_it_was_asked_for() async throws {
        try await Setting(engine: .sqlite, loop: .simulated).run { stage in
            for number in 0..<130 { _ = try await stage.gadgets.insert(Self.named(number, bytes: 10)) }
            for (number, count) in [(0, 60), (1, 60), (2, 10), (3, 0)] {
                let page = try await stage.gadgets.page(PageRequest(number: number, size: 60))
                #expect(page.items.count == count && page.request.size == 60 && page.totalElements == 130)
            }
            let whole = try await stage.gadgets.page(PageRequest(number: 0, size: 1000))
            #expect(whole.items.count == 130 && whole.totalPages == 1)
            // One that is too large by itself comes all the same.
            let large = try await stage.database.read { tx in
                try await stage.gadgets.page(PageRequest(number: 5, size: 10), within: 1, in: tx)
            }
            #expect(large.items.map(\.size) == [50] && large.request == PageRequest(number: 50, size: 1))
        }
    }
}
