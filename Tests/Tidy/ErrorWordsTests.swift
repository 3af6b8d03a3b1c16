import Testing

/// Whoever reads a log, an answer or a terminal gets sentences, and no source code.
@Suite struct ErrorWordsTests {
    /// A file, and why an error is put into a text as it is there.
    private static let exceptions: [String: String] = [
        "Sources/Platform/Kernel/ErrorText.swift": "makes the sentences",
        "Sources/Platform/MessagingKafka/Topics/Topics+Creating.swift": "is a number of librdkafka's",
    ]

    @Test func every_error_of_the_shop_says_a_sentence() throws {
        let files = try SourceFile.all(in: "Sources")
        var found = 0
        for file in files {
            for line in file.text.split(separator: "\n") {
                guard let match = line.firstMatch(of: /^\s*(?:\w+ )*(?:struct|enum|class) (\w+)[^:]*: ([^{]+)\{/) else {
                    continue
                }
                let conformances = match.2.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
                guard conformances.contains("Error") || conformances.contains("ProblemConvertible") else { continue }
                found += 1
                let isDescribed =
                    conformances.contains("CustomStringConvertible")
                    || file.text.contains("\(match.1): CustomStringConvertible")
                #expect(isDescribed, "\(file): \(match.1) is an error without a description")
            }
        }
        #expect(found > 30)
    }

    /// `"\(error)"` shows Swift's own text of whatever is thrown there: `ErrorText.of` does not.
    @Test func no_error_is_put_into_a_text_as_it_is() throws {
        for file in try SourceFile.all(in: "Sources") where Self.exceptions[file.path] == nil {
            for (number, line) in file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                #expect(
                    !line.contains(#"\(error)"#) && !line.contains(#"\(cause)"#), "\(file.path):\(number + 1): \(line)")
            }
        }
    }

    /// `Problem.unavailable` asks for the dependency: a 503 that is made in another way would name none.
    @Test func every_503_names_its_dependency() throws {
        let makers: Set = [
            "Sources/Platform/HTTP/Problem/Problem.swift",
            // Plays a provider that is away.
            "Sources/ProviderSimulator/Faults/FaultInjector.swift",
        ]
        for file in try SourceFile.all(in: "Sources") {
            let isMade = file.text.firstMatch(of: /Problem\(\s*status: 503/) != nil
            #expect(isMade == makers.contains(file.path), "\(file.path)")
        }
    }

    @Test func no_exception_outlives_its_reason() throws {
        let files = try SourceFile.all(in: "Sources")
        for path in Self.exceptions.keys {
            let isNeeded = files.first { $0.path == path }?.text.contains(#"\(error)"#) == true
            #expect(isNeeded, "\(path): take it off the list")
        }
    }
}
