import Kernel
import PlatformTestSupport
import Storage

/// A collection in memory that answers queries in the plainest way, and makes up records and queries.
struct Shelf: Sendable {
    static let schema = CollectionSchema(
        name: "shelves",
        fields: [
            FieldSchema(name: "label", type: .text, isUnique: false, isIndexed: true),
            FieldSchema(name: "level", type: .integer, isUnique: false, isIndexed: true),
            FieldSchema(name: "load", type: .real, isUnique: false, isIndexed: true),
            FieldSchema(name: "isFull", type: .boolean, isUnique: false, isIndexed: true),
            FieldSchema(name: "remark", type: .text, isUnique: false, isIndexed: false),
        ])

    private let records: [Record]

    /// `first` inserted where the id was free, `changed` put over them, some deleted.
    init(_ first: [Record], _ changed: [Record], without gone: [String]) {
        var byId: [String: Record] = [:]
        for record in first where byId[record.id] == nil { byId[record.id] = record }
        for record in changed { byId[record.id] = record }
        for id in gone { byId[id] = nil }
        records = Array(byId.values)
    }

    func records(meeting conditions: [Condition]) -> [Record] {
        records.filter { record in
            conditions.allSatisfy { condition in
                let value = Self.value(condition.field, of: record)
                if condition.comparison == .oneOf { return condition.values.contains { Self.order(value, $0) == 0 } }
                let order = Self.order(value, condition.value)
                return switch condition.comparison {
                case .equal, .oneOf: order == 0
                case .notEqual: order != 0
                case .less: value != .null && order < 0
                case .lessOrEqual: value != .null && order <= 0
                case .greater: value != .null && order > 0
                case .greaterOrEqual: value != .null && order >= 0
                }
            }
        }
    }

    func answer(_ query: Query) -> [Record] {
        let keys = query.sort + [Sort("id")]
        let sorted = records(meeting: query.conditions).sorted { one, other in
            for key in keys {
                let order = Self.order(Self.value(key.field, of: one), Self.value(key.field, of: other))
                if order != 0 { return (order < 0) != key.isDescending }
            }
            return false
        }
        return Array(sorted.dropFirst(query.offset).prefix(query.limit))
    }

    private static func value(_ field: String, of record: Record) -> FieldValue {
        switch field {
        case "id": .text(record.id)
        case "version": .integer(record.version)
        default: schema.index(of: field).map { record.fields[$0] } ?? .null
        }
    }

    /// Null first, text by its UTF-8 bytes.
    private static func order(_ one: FieldValue, _ other: FieldValue) -> Int {
        switch (one, other) {
        case (.null, .null): 0
        case (.null, _): -1
        case (_, .null): 1
        case (.text(let one), .text(let other)):
            one.utf8.elementsEqual(other.utf8) ? 0 : one.utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
        case (.boolean(let one), .boolean(let other)): (one ? 1 : 0) - (other ? 1 : 0)
        default: number(one) < number(other) ? -1 : number(one) == number(other) ? 0 : 1
        }
    }

    private static func number(_ value: FieldValue) -> Double {
        switch value {
        case .integer(let integer): Double(integer)
        case .real(let real): real
        default: 0
        }
    }
}

// MARK: Making things up

extension Shelf {
    /// Few values, so that there are ties; long ones that begin alike; signs; text beyond ASCII.
    private static let alike = String(repeating: "shelf ", count: 100)
    private static let labels: [FieldValue] = [
        nil, "", "a", "A", "ab", "a b", "é", "\u{1F336}", "\u{FFFD}", .text(alike), .text(alike + "2"),
        .text(alike + "10"), .text(alike.uppercased()),
    ]
    private static let levels: [FieldValue] = [nil, 0, 1, -1, 7, 255, 256, .integer(.max), .integer(.min), -300]
    private static let loads: [FieldValue] = [nil, 0, 0.5, -0.5, 1, -2.25, 1e300, -1e300, 1e-300, 3]
    private static let flags: [FieldValue] = [nil, true, false]

    static func records(count: Int, _ random: inout SeededRandom) -> [Record] {
        (0..<count).map { number in
            let name = "\(random.next() % 100)"
            let id = [name, name + "/x", alike + name, "é" + name][Int(random.next() % 4)]
            return Record(
                id: id, version: Int64(random.next() % 4 + 1), document: Array("{\"n\":\(number)}".utf8),
                fields: [
                    labels.randomElement(using: &random)!, levels.randomElement(using: &random)!,
                    stored(loads.randomElement(using: &random)!), flags.randomElement(using: &random)!,
                    labels.randomElement(using: &random)!,
                ])
        }
    }

    static func query(_ random: inout SeededRandom) -> Query {
        let conditions = (0..<random.next() % 3).map { _ in condition(&random) }
        let sort = (0..<random.next() % 3).map { _ in
            Sort(fields.randomElement(using: &random)!.0, descending: random.next() % 2 == 0)
        }
        return Query(
            where: conditions, sort: sort, limit: Int(random.next() % 30 + 1), offset: Int(random.next() % 12))
    }

    private static let fields: [(String, [FieldValue])] = [
        ("label", labels), ("level", levels), ("load", loads), ("isFull", flags), ("remark", labels),
        ("id", ["5", "50", "50/x", .text(alike + "5"), .text(alike), "é7", ""]), ("version", [1, 2, 4]),
    ]

    private static func condition(_ random: inout SeededRandom) -> Condition {
        let (field, values) = fields.randomElement(using: &random)!
        let value = values.randomElement(using: &random)!
        if random.next() % 8 == 0 {
            let others = (0..<random.next() % 3).map { _ in values.randomElement(using: &random)! }
            return .oneOf(field, ([value] + others).map { $0 == .null ? values.first { $0 != .null }! : $0 })
        }
        let comparisons: [Condition.Comparison] =
            value == .null
            ? [.equal, .notEqual] : [.equal, .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual]
        return Condition(field, comparisons.randomElement(using: &random)!, value)
    }

    /// A real field gives a whole number back as a real one.
    private static func stored(_ value: FieldValue) -> FieldValue {
        if case .integer(let integer) = value { .real(Double(integer)) } else { value }
    }
}
