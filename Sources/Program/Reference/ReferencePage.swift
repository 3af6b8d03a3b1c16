/// The pages of docs/reference that are generated from the declarations of the program. A test compares each with its
/// file; `make references` writes the files.
enum ReferencePage: String, CaseIterable {
    case settings, commands, limits, errors, events, routes, jobs

    var file: String { "docs/reference/\(rawValue).md" }

    func markdown() throws -> String {
        switch self {
        case .settings: SettingsReference.markdown
        case .commands: Manual.markdown
        case .limits: LimitCatalogue.markdown
        case .errors: ErrorReference.markdown
        case .events: try EventReference(Catalogue.outlines).markdown
        case .routes: try RouteReference(Catalogue.outlines).markdown
        case .jobs: JobReference(services: Catalogue.outlines).markdown
        }
    }
}

/// Pieces of Markdown.
enum Markdown {
    /// A row of a table. A bar inside a cell would begin another cell.
    static func row(_ cells: String...) -> String {
        "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }

    /// The two lines above the rows of a table.
    static func header(_ titles: String...) -> String {
        "| " + titles.joined(separator: " | ") + " |\n" + String(repeating: "|---", count: titles.count) + "|\n"
    }

    static func code(_ text: String) -> String { "`\(text)`" }
}
