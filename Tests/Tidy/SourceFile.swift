import FoundationEssentials

/// A Swift file of the product.
struct SourceFile: Sendable, CustomStringConvertible {
    /// From the root of the repository: `Sources/Platform/Kernel/Loop/Loop.swift`.
    let path: String
    let text: String

    var description: String { path }

    var lineCount: Int { text.utf8.count { $0 == UInt8(ascii: "\n") } }

    /// The text without comments and without what stands in quotes.
    var code: String { CodeOnly(text).result }

    /// The modules that it imports, however it imports them.
    var imports: [String] {
        code.split(separator: "\n").compactMap { line in
            let words = line.split { $0 == " " || $0 == "." }.map(String.init)
            let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
            guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                words[..<place].allSatisfy({ $0.hasPrefix("@") || ["public", "package", "internal"].contains($0) })
            else { return nil }
            let next = words[place + 1]
            return kinds.contains(next) && place + 2 < words.count ? words[place + 2] : next
        }
    }

    /// The root of the repository, found from where this file lies.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Every Swift file below `folder`, sorted.
    static func all(in folder: String) throws -> [SourceFile] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)")
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let data = try Data(contentsOf: URL(filePath: "\(root)/\(folder)/\(path)"))
            return SourceFile(path: "\(folder)/\(path)", text: String(decoding: data, as: UTF8.self))
        }
    }
}
