import Foundation
import PlatformTestSupport

extension ShopUnderTest {
    /// A shop with short waits, a part of whose provider's answers is lost, and a store on LMDB.
    static func forBackups() throws -> ShopUnderTest {
        let shop = try ShopUnderTest(.orchestrated, ["order": ["settleAfter: 2s", "settleInterval: 200ms"]])
        try shop.useLMDB()
        return shop
    }

    func useLMDB() throws {
        try configure("delivery", ["database: lmdb:\(data.appending(path: "delivery").path())"])
    }

    /// Makes a backup, and returns its identifier and for how long writers were kept out, in microseconds.
    func backUp(to folder: URL, _ options: [String] = []) async throws -> (id: String, pause: Int) {
        let made = try await run(["backup", folder.path(), "--format", "json"] + options + here)
        let line = JSONValue(Data(made.output.utf8))[0]
        guard made.status == 0, let id = line["backup"].string, let pause = line["pauseMicroseconds"].string else {
            throw Unexpected("sambal backup: \(made.output)")
        }
        return (id, Int(pause) ?? -1)
    }

    /// Restores a backup into the data folder of this shop, which keeps its own configuration.
    func restore(from folder: URL, _ options: [String]) async throws {
        let lines = try Data(contentsOf: configuration)
        try FileManager.default.removeItem(at: data)
        let done = try await run(["restore", folder.path(), "--data", data.path()] + options)
        guard done.status == 0 else { throw Unexpected("sambal restore: \(done.output)") }
        try lines.write(to: configuration)
    }
}
