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
import ProviderSimulatorService
import SMSService
import ServiceHost

/// All services there are, callers before those whom they call: the order in which they stop.
enum Catalogue {
    static let all: [any ServiceDefinition.Type] = [
        GatewayService.self, DashboardService.self, NotificationService.self, EmailService.self, SMSService.self,
        CartService.self, OrderService.self, DeliveryService.self, ProviderSimulatorService.self, PaymentService.self,
        ProductService.self, CustomerService.self,
    ]

    static var names: [String] { all.map { $0.name } }

    /// As people read them: by port.
    static var byPort: [any ServiceDefinition.Type] { all.sorted { $0.port < $1.port } }

    static func service(named name: String) throws -> any ServiceDefinition.Type {
        guard let service = all.first(where: { $0.name == name }) else {
            throw UsageError("there is no service \(name); there are \(byPort.map { $0.name }.joined(separator: ", "))")
        }
        return service
    }
}
