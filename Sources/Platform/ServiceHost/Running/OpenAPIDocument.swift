import FoundationEssentials
import HTTP
import Kernel
import Synchronization

/// The description of a service's routes, made when somebody first asks: a start should not wait for it.
final class OpenAPIDocument: Sendable {
    private let title: String
    private let routes: [Route]
    private let made = Mutex<Data?>(nil)

    init(title: String, routes: [Route]) {
        self.title = title
        self.routes = routes
    }

    /// Made on a thread of its own: that takes longer than others should wait.
    func data(on loop: any Loop) async -> Data {
        if let made = made.withLock({ $0 }) { return made }
        let worker = loop.makeWorker(named: "openapi")
        return await withCheckedContinuation { continuation in
            worker.submit { [self] in continuation.resume(returning: data) }
            worker.stop()
        }
    }

    private var data: Data {
        made.withLock { made in
            let data = made ?? OpenAPI.document(title: title, version: SambalVersion.current, routes: routes)
            made = data
            return data
        }
    }
}
