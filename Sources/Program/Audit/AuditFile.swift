import FoundationEssentials
import Glibc
import Kernel
import ServiceHost
import Tokens

/// The audit log of the API keys: a file beside theirs with a record a line, the hash before its canonical form. The commands
/// that change the keys append to it under the lock of the keys.
struct AuditFile: Sendable {
    /// The name in records and commands.
    static let service = "apikeys"
    private static let longest = 64 << 20
    let path: String
    private let keys: String

    init(keys: String) {
        self.keys = keys
        path = keys + ".audit"
    }

    var exists: Bool { access(path, F_OK) == 0 || access(keys, F_OK) == 0 }

    /// Appends the record of a change that is about to be made, and returns the mark for the file of keys. `known` is the mark
    /// that the file has: a record after it tells of a change that was never made, and the log then says so first.
    func append(
        _ operation: String, from before: [APIKeyRecord], to after: [APIKeyRecord], known: APIKeyRing.AuditMark?,
        at now: Timestamp
    ) throws -> APIKeyRing.AuditMark? {
        let user = OperatingUser.caller
        let records = try stored()
        var text = ""
        var head = records.last.map(Self.head)
        func add(_ record: AuditRecord) {
            let form = record.text
            let hash = AuditRecord.hash(of: form)
            text += hash + " " + String(decoding: form, as: UTF8.self) + "\n"
            head = AuditHead(number: record.number, hash: hash)
        }
        if let last = records.last, last.number > (known?.number ?? 0) {
            let trail = AuditTrail(
                "apikey.abandoned", by: user,
                reason:
                    "the file of keys does not know record \(last.number): the command ended before it made the change, "
                    + "or the file was replaced by another")
            let numbers = [last.number, known?.number ?? 0].map { JSONDocument.object(["number": .integer($0)]) }
            AuditRecord(
                of: [("apikeys", "file", numbers[0], numbers[1])], trail, service: Self.service, at: now, after: head
            ).map(add)
        }
        let changes = try changes(from: before, to: after)
        guard
            let record = AuditRecord(
                of: changes, AuditTrail(operation, by: user, about: Self.names(before + after, in: changes.map(\.id))),
                service: Self.service, at: now, after: head)
        else { return known }
        add(record)
        try write(text)
        return head.map { .init(number: $0.number, hash: $0.hash) }
    }

    /// The names of the callers whose keys these are.
    private static func names(_ records: [APIKeyRecord], in identifiers: [String]) -> [String] {
        Set(records.filter { identifiers.contains($0.id) }.map(\.name)).sorted()
    }

    /// Keys that differ, without their hashes.
    private func changes(
        from before: [APIKeyRecord], to after: [APIKeyRecord]
    ) throws -> [(collection: String, id: String, before: JSONDocument?, after: JSONDocument?)] {
        let old = Dictionary(before.map { ($0.id, $0) }) { first, _ in first }
        let new = Dictionary(after.map { ($0.id, $0) }) { first, _ in first }
        return try Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.map { id in
            ("apikeys", id, try old[id].map(Self.document), try new[id].map(Self.document))
        }
    }

    private static func document(_ record: APIKeyRecord) throws -> JSONDocument {
        guard case .object(var members) = try JSON.decode(JSONDocument.self, from: JSON.encode(record)) else {
            return .null
        }
        members["hash"] = nil
        return .object(members)
    }

    private static func head(_ record: StoredAuditRecord) -> AuditHead {
        AuditHead(number: record.number, hash: record.hash)
    }
}

extension StoredAuditRecord {
    fileprivate var number: Int64 { Int64(id) ?? 0 }
}

extension AuditFile {
    /// The records, the oldest first. A line without an end is one whose command was killed while it wrote: its change was not
    /// made.
    private func stored() throws -> [StoredAuditRecord] {
        guard access(path, F_OK) == 0 else { return [] }
        let bytes = try Data(contentsOf: URL(filePath: path))
        guard bytes.count <= Self.longest else {
            throw CommandFailure("\(path) has more than \(Self.longest >> 20) MiB; move it to an archive")
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        return lines.enumerated().map { index, line in
            let hash = line.prefix { $0 != UInt8(ascii: " ") }
            let digits = String(index + 1)
            return StoredAuditRecord(
                id: String(repeating: "0", count: max(0, 16 - digits.utf8.count)) + digits,
                hash: String(decoding: hash, as: UTF8.self), text: Array(line.dropFirst(hash.count + 1)))
        }
    }

    private func write(_ text: String) throws {
        let isNew = access(path, F_OK) != 0
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        if isNew { try FileOwnership(of: keys).give(to: descriptor, path) }
        // What follows the last whole line is half a record.
        let end = off_t(try whole())
        guard ftruncate(descriptor, end) == 0, lseek(descriptor, end, SEEK_SET) == end else { throw failure() }
        errno = 0
        let count = Glibc.write(descriptor, text, text.utf8.count)
        if count >= 0, count < text.utf8.count { errno = ENOSPC }
        guard count == text.utf8.count, fsync(descriptor) == 0 else { throw failure() }
        if isNew { DurableFile.flushFolder(of: path) }
    }

    /// The bytes up to the end of the last whole line.
    private func whole() throws -> Int {
        let bytes = try Data(contentsOf: URL(filePath: path))
        return bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 - bytes.startIndex + 1 } ?? 0
    }

    private func failure() -> CommandFailure {
        CommandFailure("\(path) cannot be written, so nothing was changed: \(String(cString: strerror(errno)))")
    }

    func page(_ filter: AuditFilter) throws -> AuditPage {
        let before = filter.before ?? .max
        let entries = try stored().reversed().filter { $0.number < before }.map { AuditEntry($0) }
        let young = entries.prefix { !filter.isPast($0.record) }.filter { filter.finds($0.record) }
        return AuditPage(service: Self.service, records: Array(young.prefix(filter.limit)), next: nil, head: nil)
    }

    /// The whole chain at once. Its end is what the file of keys tells; the record after it may be one whose command was killed
    /// before its change.
    func chain(after number: Int64) throws -> AuditChainPage {
        let records = try stored()
        var head = try APIKeyFile(path: keys).read().audit.map { AuditHead(number: $0.number, hash: $0.hash) }
        let marked = head?.number ?? 0
        let isMarked = marked == 0 || records.contains { Self.head($0) == head }
        if let last = records.last, isMarked, last.number == marked + 1 { head = Self.head(last) }
        return AuditChainPage(
            service: Self.service, records: records.filter { $0.number > number }, isEnd: true, head: head)
    }
}
