/// What no file may contain, and why some do all the same.
enum Rules {
    static let lineLimit = 400
    /// A shorter file is a part of another one's idea.
    static let leastLines = 16

    /// Files that stay short.
    static let shortFiles: Set = ["Sources/sambal/main.swift"]

    /// Modules that come with the compiler and the C library. Foundation is not one of them: FoundationEssentials does
    /// without its size, its locale data and its C++.
    static let system: Set = ["FoundationEssentials", "Glibc", "Synchronization", "Swift"]

    /// A whole word of code, and the folder in which it is at home.
    static let forbidden: [(word: String, exceptIn: String?)] = [
        ("try!", nil), ("Thread.sleep", nil), ("sleep(", nil), ("usleep(", nil), ("nanosleep(", nil),
        ("print(", "Sources/Program/"),
    ]

    /// Names that were given up, and the ones that stand for them now: one word for one thing.
    static let replacedNames: [(old: String, new: String)] = [
        ("Peer", "ServiceClient"), ("peer(", "client(for:)"), ("outside(", "externalTransport(_:)"),
        ("ServiceContext", "ServiceEnvironment"), ("answering(", "produces(_:)"), ("keyed(", "idempotencyKey(_:)"),
        ("HTTP.Method", "HTTPMethod"), ("HTTP.Query", "QueryString"), ("LogFields", "Logger.Metadata"),
        ("LogLevel", "Logger.Level"), ("LogKey", "Logger.MetadataKey"), ("LogValue", "Logger.MetadataValue"),
        ("Clock.monotonic", "SystemClock.monotonic"), ("enum Clock", "SystemClock"), ("Bell", "Semaphore"),
        ("bell", "wakeup"), ("neverBegun", "tombstone"), ("neverStarted", "tombstone"), ("neverCreated", "tombstone"),
        ("missingHere", "missingInLedger"), ("PaymentActing", "one command a file"),
        ("BodyScope", "TransactionClosure"),
        ("OwnRows", "InsertedRowLocations"), ("FileClaim", "DatabaseUsageLock"), ("SagaVerdict", "StepOutcome"),
        ("isOthersDoing", "isConflict"), ("tellsOfTakenMoney", "isSuccessfulCharge"),
    ]

    /// A file, what it contains, and the reason. An entry that has become idle fails the tests as well.
    static let exceptions: [(path: String, word: String, reason: String)] = [
        (
            "Sources/Platform/HTTP/Problem/Problem+Response.swift", "try!",
            "an error's answer is text and whole numbers, which always encode"
        ),
        (
            "Sources/Platform/HTTP/OpenAPI/Schema.swift", "try!",
            "the document is text, numbers and containers of them, which always encode"
        ),
        (
            "Sources/Platform/StorageSQLite/Connection/Connection.swift", "usleep(",
            "two processes create one file: on the writer's own thread, before it serves anyone"
        ),
        (
            "Sources/Platform/StorageMongoDB/TransactionRunner.swift", "usleep(",
            "another program has the lock: on the writer's own thread, which has nothing else to do"
        ),
        (
            "Sources/Platform/MessagingKafka/Topics/Topics+Creating.swift", "nanosleep(",
            "brokers learn of a new topic one after the other and tell nobody: on the worker's own thread"
        ),
        (
            "Sources/Platform/Runtime/LoopWatch.swift", "nanosleep(",
            "looks at the loop from time to time: on a thread of its own, which must not need the loop"
        ),
        (
            "Sources/Program/Backup/BackupCut.swift", "nanosleep(",
            "another program commits: on the command's own thread, which serves nobody"
        ),
        (
            "Sources/Platform/Kernel/Loop.swift", "sleep(",
            "its own name: a task waits for the loop's timer, and no thread does"
        ),
    ]

    /// Words that no doc comment begins with: it begins with a verb or names the thing.
    static let oddBeginnings = ["What ", "Of ", "The same", "Whoever ", "Who "]

    /// Phrases that no comment contains: *where* is for a place, and a default has a name.
    static let oddPhrases = [
        "`nil` where", "`false` where", "`true` where", "Throws where", "where none is given", "where nothing is said",
    ]

    static func violations(in file: SourceFile, modules: [String: Layer]) -> [String] {
        wrongImports(in: file, modules: modules)
            + forbiddenWords(in: file).filter { word in
                !exceptions.contains { $0.path == file.path && $0.word == word }
            }.map { "contains \($0)" }
            + givenUpNames(in: file)
            + wrongLength(of: file) + oddComments(in: file)
    }

    private static func givenUpNames(in file: SourceFile) -> [String] {
        let code = file.code
        return replacedNames.filter { contains($0.old, in: code, alsoAfterDot: true) }.map {
            "says \($0.old): write \($0.new)"
        }
    }

    private static func oddComments(in file: SourceFile) -> [String] {
        // A line that follows another one of the same comment may begin with any word.
        var isFirst = true
        return file.text.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
            let text = line.drop { $0 == " " }
            defer { isFirst = !text.hasPrefix("///") || text == "///" }
            if text.hasPrefix("//"), let phrase = oddPhrases.first(where: { text.contains($0) }) {
                return "has a comment with \"\(phrase)\": write if, or name the default"
            }
            guard isFirst, text.hasPrefix("/// "),
                let word = oddBeginnings.first(where: { text.dropFirst(4).hasPrefix($0) })
            else { return nil }
            return "has a doc comment that begins with \"\(word)\": begin with a verb, or name the thing"
        }
    }

    private static func wrongLength(of file: SourceFile) -> [String] {
        if file.lineCount > lineLimit { return ["has \(file.lineCount) lines"] }
        guard file.lineCount < leastLines, !shortFiles.contains(file.path) else { return [] }
        return ["has only \(file.lineCount) lines: it belongs to the file whose idea it is a part of"]
    }

    static func forbiddenWords(in file: SourceFile) -> [String] {
        let code = file.code
        return forbidden.filter { rule in
            rule.exceptIn.map { !file.path.hasPrefix($0) } != false && contains(rule.word, in: code)
        }.map(\.word)
    }

    private static func wrongImports(in file: SourceFile, modules: [String: Layer]) -> [String] {
        guard let layer = Layer(path: file.path) else { return ["lies in a folder that the design does not know"] }
        return file.imports.filter { !system.contains($0) }.compactMap { name in
            guard let other = modules[name] else { return "imports \(name), which is not part of the product" }
            return layer.mayImport(other) ? nil : "imports \(name): this arrow points up or sideways"
        }
    }

    /// `print(` is not found in `sprint(` nor in `.print(`; `loop.sleep(` waits as it should. A word that ends with a
    /// letter ends a name as well.
    private static func contains(_ word: String, in code: String, alsoAfterDot: Bool = false) -> Bool {
        code.ranges(of: word).contains { range in
            if range.upperBound < code.endIndex, word.last?.isLetter == true, isOfName(code[range.upperBound]) {
                return false
            }
            guard range.lowerBound > code.startIndex else { return true }
            let before = code[code.index(before: range.lowerBound)]
            return !isOfName(before) && (alsoAfterDot || before != ".")
        }
    }

    private static func isOfName(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}
