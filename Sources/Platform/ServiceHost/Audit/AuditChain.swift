import FoundationEssentials
import Kernel

/// A record as it is stored: its canonical form and the hash beside it, whether they still fit or not.
public struct StoredAuditRecord: Codable, Sendable, Equatable {
    /// The record's number, in 16 digits.
    public let id: String
    public let hash: String
    public let text: [UInt8]

    public init(id: String, hash: String, text: [UInt8]) {
        self.id = id
        self.hash = hash
        self.text = text
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        hash = try container.decode(String.self, forKey: .hash)
        text = Array(try container.decode(String.self, forKey: .text).utf8)
    }

    /// The text goes as a JSON string. One that is not UTF-8 any more is not what was hashed, and does not become it on the way.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(hash, forKey: .hash)
        try container.encode(String(decoding: text, as: UTF8.self), forKey: .text)
    }

    private enum CodingKeys: String, CodingKey { case id, hash, text }

    /// The record; `nil` if the text is none.
    public var record: AuditRecord? { try? JSON.decode(AuditRecord.self, from: Data(text)) }
}

/// The first thing that is wrong with a chain.
public struct AuditFault: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, Hashable {
        /// Records are not there.
        case missing
        /// A record is not what was hashed.
        case altered
        /// A record does not follow the one before it: one of the two was put in the other's place, or was made later.
        case broken
        /// The chain ends before the record that somebody remembers.
        case cutOff
    }
    public let kind: Kind
    /// The number of the record that is wrong.
    public let number: Int64
    public let description: String
}

/// Walks a chain from its first record and throws the first fault. It needs no memory of what it has seen.
public struct AuditChain: Sendable {
    private let service: String
    /// Records of the chain that were remembered outside of it, by number.
    private var remembered: [AuditHead]
    public private(set) var last: AuditHead?

    /// `remembered` are ends that the chain had before, as logs, metrics and earlier verifications tell them.
    public init(of service: String, remembered: [AuditHead] = []) {
        self.service = service
        self.remembered = remembered.sorted { $0.number < $1.number }
    }

    public mutating func take(_ stored: StoredAuditRecord) throws(AuditFault) {
        let number = (last?.number ?? 0) + 1
        guard stored.id == AuditLog.id(number) else {
            throw fault(.missing, number, "record \(number) of \(service) is missing: \(stored.id) comes next")
        }
        guard AuditRecord.hash(of: stored.text) == stored.hash else {
            throw fault(.altered, number, "record \(number) of \(service) was altered: its hash is another")
        }
        guard let record = stored.record, record.text == stored.text else {
            throw fault(.altered, number, "record \(number) of \(service) was altered: it is no audit record")
        }
        guard record.number == number, record.service == service else {
            throw fault(
                .broken, number,
                "record \(number) of \(service) was exchanged: it says that it is record \(record.number) of "
                    + record.service)
        }
        guard record.previous == last?.hash ?? AuditRecord.genesis else {
            throw fault(
                .broken, number,
                "record \(number) of \(service) does not follow the one before it: record \(number - 1) was altered, or "
                    + "record \(number) was made later")
        }
        last = AuditHead(number: number, hash: stored.hash)
        while let known = remembered.first, known.number <= number {
            remembered.removeFirst()
            guard known.number < number || known.hash == stored.hash else {
                throw fault(
                    .altered, number,
                    "record \(number) of \(service) is not the one that was remembered: the chain was made anew from there, "
                        + "or before")
            }
        }
    }

    /// Ends the walk. `head` is the end that the store itself tells.
    public func end(head: AuditHead?) throws(AuditFault) {
        let number = last?.number ?? 0
        if let head, head.number > number {
            throw fault(
                .cutOff, number + 1,
                "\(service) has records until \(number), and its head says \(head.number): record \(number + 1) and later "
                    + "ones are missing")
        }
        guard head == last else {
            throw fault(
                .altered, number, "the head of \(service) does not name record \(number), the last one, with its hash")
        }
        if let known = remembered.last {
            throw fault(
                .cutOff, number + 1,
                "\(service) has records until \(number), and record \(known.number) was remembered: record \(number + 1) "
                    + "and later ones were cut off")
        }
    }

    private func fault(_ kind: AuditFault.Kind, _ number: Int64, _ description: String) -> AuditFault {
        AuditFault(kind: kind, number: number, description: description)
    }
}
