import FoundationEssentials
import HTTP
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

    var data: Data {
        made.withLock { made in
            let data = made ?? OpenAPI.document(title: title, version: SambalVersion.current, routes: routes)
            made = data
            return data
        }
    }
}
