import Kernel
import ServiceHost
import Storage

/// Copies the store of a service to another database, of the same engine or another one.
enum CopyCommand: Command {
    static let name = "copy"
    static let earlierNames = ["move"]
    static let summary = "copies the data of a stopped service to an empty database, and compares both"
    static let forms = [Form("", .one("NAME"), summary, options: options, run: run)]
    private static let options = [
        Option("from", "DATABASE", "the source: \(DatabaseEngine.forms)"),
        Option("to", "DATABASE", "the target, in one of the same forms"),
    ]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let service = try Catalogue.service(named: arguments.operands[0])
        guard service.kind.hasDatabase else { throw UsageError("\(service.name) stores no data") }
        let source = try engine("from", arguments, service.name)
        let target = try engine("to", arguments, service.name)
        guard source.name != target.name else { throw UsageError("both are \(source.name)") }
        guard source.mayExist else { throw UsageError("there is no store at \(source.name)") }
        Console.write("\(service.name): \(source.name) → \(target.name)\n")
        let (name, migrations, wasThere) = (service.name, service.migrations, target.mayExist)
        let copies: [DatabaseCopy.Copy]
        do {
            copies = try withLoop { loop in
                try await DatabaseCopy(migrations, of: name, loop: loop).run(
                    from: try source.withOneConnection.open(loop: loop),
                    to: try target.withOneConnection.open(loop: loop), showing: CollectionBars())
            }
        } catch {
            // A file that this command created belongs to no service.
            if !wasThere { target.removeFiles() }
            throw error
        }
        var table = Table("COLLECTION", "RECORDS", "SHA-256")
        for copy in copies { table.add(copy.collection, "\(copy.records)", copy.checksum) }
        Console.write(
            "\n" + table.text + "\nBoth are the same. To use the copy, set `database` to it in the section "
                + "\(service.name) of the configuration.\n")
    }

    private static func engine(_ option: String, _ arguments: Arguments, _ service: String) throws -> DatabaseEngine {
        guard let url = arguments.string(option) else { throw UsageError("copy needs --\(option)") }
        do throws(DatabaseURLError) {
            return try DatabaseEngine(url: url, service: service)
        } catch {
            throw UsageError("--\(option) \(error.message)")
        }
    }
}

/// A bar for each collection.
private final class CollectionBars: CopyProgress, @unchecked Sendable {  // shown by the one task that copies
    private var bar = ProgressBar("", total: 0)

    func begin(_ collection: String, total: Int) { bar = ProgressBar(collection, total: total) }
    func show(_ done: Int) { bar.show(done) }
}
