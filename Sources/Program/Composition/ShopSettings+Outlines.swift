import FoundationEssentials
import Kernel
import ServiceHost
import Simulation

extension ShopSettings {
    /// The declarations of every service, by port; none of them is run.
    func outlines() throws -> [ServiceOutline] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sambal-outline-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let loop = SimulatedLoop(seed: 0)
        let outlines = try definitions.map { try ServiceOutline(of: $0, loop: loop, folder: folder.path()) }
        let order = Catalogue.byPort.map { $0.name }
        return outlines.sorted { (order.firstIndex(of: $0.name) ?? 0) < (order.firstIndex(of: $1.name) ?? 0) }
    }
}
