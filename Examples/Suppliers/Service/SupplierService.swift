public import Configuration
public import HTTP
import Kernel
public import REST
public import ServiceHost
public import Storage

public struct Supplier: Entity {
    public let id: String
    public var version: Int64 = 0
    public let name, country: String
    public static let collection = Collection<Supplier>(
        "suppliers", fields: [.text("name", unique: true) { $0.name }, .text("country", indexed: true) { $0.country }])
}

public struct SupplierService: ServiceDefinition {
    public static let (name, kind, port, summary) = ("supplier", ServiceKind.persistence, 8092, "who we buy from")
    public static let migrations = [
        Migration(1, "suppliers", [.create(Supplier.collection.schema)] + ServiceEnvironment.migrationSteps)
    ]
    public init(from section: Configuration) {}
    static let suppliers = ResourceDeclaration<Supplier>(
        "supplier", searches: [.init("findByCountry", by: "country")], visibility: .everyone,
        writes: JSONDocument.self)
    public static let routes = suppliers.routes { (own: RestResource<Supplier>) in own }.auditingWrites(as: "supplier")
    public func parts(_ context: ServiceEnvironment) throws -> RestResource<Supplier> {
        RestResource(
            Repository(try context.database), Self.suppliers, writes: .entity { context.identifiers.next("SUP-") })
    }
}
