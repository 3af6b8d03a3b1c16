import Kernel
import ServiceHost
import Storage

/// Copies what a service has stored to another database, whichever engines the two are.
enum MoveCommand: Command {
    static let name = "move"
    static let summary = "copies a stopped service's data to an empty database of another engine, and compares both"
    static let forms = [Form("", .one("NAME"), summary, options: options, run: run)]
    private static let options = [
        Option("from", "DATABASE", "where the data is: \(DatabaseEngine.forms)"),
        Option("to", "DATABASE", "where it goes, in one of the same forms"),
    ]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let service = try Catalogue.service(named: arguments.operands[0])
        guard service.kind.hasDatabase else { throw UsageError("\(service.name) keeps no data") }
        let source = try engine("from", arguments, service.name)
        let target = try engine("to", arguments, service.name)
        guard source.name != target.name else { throw UsageError("both are \(source.name)") }
        guard source.mayExist else { throw UsageError("there is nothing at \(source.name)") }
        Console.write("\(service.name): \(source.name) → \(target.name)\n")
        let (name, migrations, wasThere) = (service.name, service.migrations, target.mayExist)
        let copies: [DatabaseMove.Copy]
        do {
            copies = try withLoop { loop in
                try await DatabaseMove(migrations, of: name, loop: loop).run(
                    from: try source.withOneConnection.open(loop: loop),
                    to: try target.withOneConnection.open(loop: loop), showing: CollectionBars())
            }
        } catch {
            // A file that this command has made is nobody's.
            if !wasThere { target.removeFiles() }
            throw error
        }
        var table = Table("COLLECTION", "RECORDS", "SHA-256")
        for copy in copies { table.add(copy.collection, "\(copy.records)", copy.checksum) }
        Console.write(
            "\n" + table.text + "\nBoth are the same. From now on, say database: and the new place in the section "
                + "\(service.name) of the configuration.\n")
    }

    private static func engine(_ option: String, _ arguments: Arguments, _ service: String) throws -> DatabaseEngine {
        guard let url = arguments.string(option) else { throw UsageError("move needs --\(option)") }
        do throws(DatabaseURLError) {
            return try DatabaseEngine(url: url, service: service)
        } catch {
            throw UsageError("--\(option) \(error.message)")
        }
    }
}

/// A bar for each collection.
private final class CollectionBars: MoveProgress, @unchecked Sendable {  // shown by the one task that copies
    private var bar = ProgressBar("", total: 0)

    func begin(_ collection: String, total: Int) { bar = ProgressBar(collection, total: total) }
    func show(_ done: Int) { bar.show(done) }
}
