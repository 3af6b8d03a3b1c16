import CartService
import CustomerService
import DashboardService
import DeliveryService
import EmailService
import GatewayService
import NotificationService
import OrderService
import PaymentService
import ProductService
import ProviderSimulator
import SMSService
import ServiceHost
import Synchronization

/// All services, callers before the services that they call: the order in which they stop.
enum Catalogue {
    private static let own: [any ServiceDefinition.Type] = [
        GatewayService.self, DashboardService.self, NotificationService.self, EmailService.self, SMSService.self,
        CartService.self, OrderService.self, DeliveryService.self, ProviderSimulatorService.self, PaymentService.self,
        ProductService.self, CustomerService.self,
    ]

    private static let added = Mutex<[any ServiceDefinition.Type]>([])

    /// Adds services to the catalogue. Must be called before anything else reads it.
    static func add(_ services: [any ServiceDefinition.Type]) { added.withLock { $0 += services } }

    static var all: [any ServiceDefinition.Type] { added.withLock { $0 } + own }

    static var names: [String] { all.map { $0.name } }

    /// The services sorted by port, as people read them.
    static var byPort: [any ServiceDefinition.Type] { all.sorted { $0.port < $1.port } }

    /// The declarations of all services, by port.
    static var outlines: [ServiceOutline] { byPort.map { $0.outline } }

    static func service(named name: String) throws -> any ServiceDefinition.Type {
        guard let service = all.first(where: { $0.name == name }) else {
            throw UsageError("there is no service \(name); there are \(byPort.map { $0.name }.joined(separator: ", "))")
        }
        return service
    }
}
