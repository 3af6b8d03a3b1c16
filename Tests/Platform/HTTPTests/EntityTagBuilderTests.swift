import Testing

@testable import HTTP

@Suite struct EntityTagBuilderTests {
    private static func tag(_ fill: (inout EntityTagBuilder) -> Void) -> String {
        var builder = EntityTagBuilder()
        fill(&builder)
        return builder.tag
    }

    @Test func equal_values_give_the_same_tag_and_others_another_one() {
        let tags = [
            Self.tag { _ in }, Self.tag { $0.add("") }, Self.tag { $0.add(0) }, Self.tag { $0.add(1) },
            Self.tag {
                $0.add("ab")
                $0.add("c")
            },
            Self.tag {
                $0.add("a")
                $0.add("bc")
            }, Self.tag { $0.add("abc") },
            Self.tag {
                $0.add(1)
                $0.add(2)
            },
            Self.tag {
                $0.add(2)
                $0.add(1)
            },
        ]
        // The empty text is its length, 0.
        #expect(tags[1] == tags[2])
        #expect(Set(tags).count == tags.count - 1)
        #expect(
            Self.tag {
                $0.add(1)
                $0.add(2)
            } == tags[7])
    }

    @Test func a_tag_is_quoted_and_has_no_comma() {
        let tag = Self.tag { $0.add("a,b") }
        #expect(tag.utf8.count == 34 && tag.hasPrefix("\"") && tag.hasSuffix("\"") && !tag.contains(","))
    }
}
