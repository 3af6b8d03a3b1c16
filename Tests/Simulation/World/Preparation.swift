import FoundationEssentials
import Kernel
import Runtime
import ServiceHost
import Synchronization

/// A shop with goods on the shelf and a cart of each customer, as the files of its closed world: what the worlds of a
/// checkout start from. Made once for the same goods.
struct Preparation: Sendable {
    let files: [String: Data]
    /// One of each customer.
    let carts: [String]
    /// When worlds begin that start from it.
    let nextStart: Timestamp

    private static let made = Mutex<[Goods: Preparation]>([:])

    static func of(_ goods: Goods) throws -> Preparation {
        try made.withLock { made throws in
            if let known = made[goods] { return known }
            let new = try make(goods)
            made[goods] = new
            return new
        }
    }

    private static func make(_ goods: Goods) throws -> Preparation {
        let scenario = Scenario(name: "preparation", purchase: .checkout(CheckoutPlan(.orchestrated, goods)))
        let folder = WorldFolder()
        let shop = try SimulatedShop(scenario, seed: 0, folder: folder)
        let shopkeeper = shop.openForPreparation()
        let carts = try shop.loop.run { try await shopkeeper.prepare(goods) }
        let end = shop.loop.now
        try shop.closeKeepingFiles()
        return Preparation(files: try folder.read(), carts: carts, nextStart: end + .seconds(3600))
    }
}
