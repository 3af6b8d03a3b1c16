import FoundationEssentials
import StorageSQLite

/// Reads what the databases of a world have committed. Before a service's first start there is nothing to read.
final class DurableFiles {
    private let folder: WorldFolder
    private var connections: [String: Connection] = [:]

    init(_ folder: WorldFolder) {
        self.folder = folder
    }

    /// Ends the connections now: while they are open, the last process to close a file does not fold its log into it.
    func close() {
        for connection in connections.values { connection.close() }
        connections = [:]
    }

    /// The first columns of each row; a column that is not there is empty.
    func rows(_ service: String, _ sql: String, columns: Int = 3) -> [[String]] {
        let kept = connections[service] ?? (try? Connection(path: folder.file(service + ".db"), mode: .read))
        guard let connection = kept else { return [] }
        connections[service] = connection
        return (try? connection.statement(sql).rows { row in (0..<columns).map { row.text($0) } }) ?? []
    }

    func count(_ service: String, _ sql: String) -> Int {
        rows(service, sql).first.flatMap { Int($0[0]) } ?? 0
    }

    func has(_ service: String, table: String) -> Bool {
        count(service, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '\(table)'") > 0
    }

    /// A number that differs when any row of any database does, the times of migrations included.
    func digest(of services: [String]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ text: String) {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        for service in services {
            for table in rows(service, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
                let columns = rows(service, "SELECT name FROM pragma_table_info('\(table[0])')")
                    .map { "quote(\"\($0[0])\")" }.joined(separator: " || ")
                for row in rows(service, "SELECT \(columns) FROM \"\(table[0])\" ORDER BY 1") { add(row[0]) }
            }
        }
        return hash
    }
}
