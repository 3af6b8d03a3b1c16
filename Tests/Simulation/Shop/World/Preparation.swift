import FoundationEssentials
import Kernel
import Runtime
import ServiceHost
import Simulation
import Synchronization

/// A shop with goods on the shelf and a cart of each customer, as the files of its closed world: the begin of worlds that
/// need no empty disk. Made once for the same services and goods.
struct Preparation: Sendable {
    private struct Key: Hashable {
        /// `nil` for those of a checkout's scenario.
        let cast: Story.Cast?
        let goods: Goods
    }
    let files: [String: Data]
    /// One of each customer.
    let carts: [String]
    /// When worlds begin that start from it.
    let nextStart: Timestamp

    private static let made = Mutex<[Key: Preparation]>([:])

    /// `nil` for scenarios that begin with empty disks.
    static func of(_ scenario: Scenario) throws -> Preparation? {
        let key: Key
        switch scenario.purchase {
        case .order: return nil
        case .checkout(let plan): key = Key(cast: nil, goods: plan.goods)
        case .story(let story): key = Key(cast: story.cast, goods: story.cast == .money ? Goods() : story.goods)
        }
        return try made.withLock { made throws in
            if let known = made[key] { return known }
            let new = try make(key)
            made[key] = new
            return new
        }
    }

    private static func make(_ key: Key) throws -> Preparation {
        let purchase: Purchase =
            if let cast = key.cast {
                .story(Story(cast: cast))
            } else {
                .checkout(CheckoutPlan(.orchestrated, key.goods))
            }
        let folder = WorldFolder()
        let shop = try SimulatedShop(Scenario(name: "preparation", purchase: purchase), seed: 0, folder: folder)
        let shopkeeper = shop.openForPreparation()
        let carts = try shop.loop.run { () async throws -> [String] in
            guard key.cast == .money else { return try await shopkeeper.prepare(key.goods) }
            try await shopkeeper.node.sleep(for: .seconds(2))
            return []
        }
        let end = shop.loop.now
        try shop.closeKeepingFiles()
        return Preparation(files: try folder.read(), carts: carts, nextStart: end + .seconds(3600))
    }
}
