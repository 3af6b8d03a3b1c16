import Storage

/// An entity with a field of each kind.
struct Gadget: Entity, Equatable {
    var id: String
    var version: Int64 = 0
    var name: String
    var color: String?
    var size: Int64 = 0
    var weight: Double?
    var isSold = false

    static let collection = Collection<Gadget>(
        "gadgets",
        fields: [
            .text("name", unique: true) { $0.name },
            .text("color", indexed: true) { $0.color },
            .integer("size") { $0.size },
            .real("weight") { $0.weight },
            .boolean("isSold") { $0.isSold },
        ])

    static let migrations = [Migration(1, "gadgets", [.create(collection.schema)])]

    init(_ id: String, name: String? = nil, color: String? = nil, size: Int64 = 0) {
        self.id = id
        self.name = name ?? "name of \(id)"
        self.color = color
        self.size = size
    }
}

struct Refused: Error {}
