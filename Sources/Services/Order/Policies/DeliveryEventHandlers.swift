import Contracts
import Messaging
import ServiceHost
import Storage

/// Moves orders on when delivery tells how far it is.
struct DeliveryEventHandlers: Sendable {
    let orders: Repository<Order>

    func started(_ delivery: DeliveryStarted, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(delivery.orderId, in: tx),
            order.deliveryStarted(deliveryVersion: event.sequence)
        else { return }
        try await orders.update(order, in: tx)
    }

    func cancelled(_ delivery: DeliveryCancelled, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(delivery.orderId, in: tx),
            order.deliveryCancelled(deliveryVersion: event.sequence)
        else { return }
        try await orders.update(order, in: tx)
    }

    func shipped(_ shipment: DeliveryShipped, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(shipment.orderId, in: tx),
            order.shipped(deliveryVersion: event.sequence, at: shipment.shippedAt)
        else { return }
        try await orders.update(order, in: tx)
    }

    func delivered(_ delivery: DeliveryDelivered, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(delivery.orderId, in: tx),
            order.delivered(deliveryVersion: event.sequence, at: delivery.deliveredAt)
        else { return }
        try await orders.update(order, in: tx)
    }
}
