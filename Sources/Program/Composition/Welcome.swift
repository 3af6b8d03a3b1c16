import ServiceHost

/// The text that a person reads once the shop runs: addresses, and commands to try.
struct Welcome {
    private let shop: Shop

    init(_ shop: Shop) { self.shop = shop }

    var text: String {
        var table = Table("SERVICE", "ADDRESS", "KIND", "STORAGE", "HEALTH")
        let (order, dashboard) = (place("order", 8084), place("dashboard", 8087))
        let running = shop.host.services.sorted { $0.port < $1.port }
        for service in running {
            let kind = type(of: service.definition).kind
            table.add(
                service.name, service.address, kind.rawValue,
                shop.settings.place(of: service.name).database?.name, service.state.rawValue)
        }
        return """

            Sambal \(Version.current) runs. Data: \(shop.data). Events: \(shop.settings.events.name)

            \(table.text)
            Place an order, and see it delivered:

              curl -s \(order)/orders -H 'Content-Type: application/json' \\
                   -d '{"branchId":1,"sauceId":1,"qty":10,"price":10000}'
              curl -s \(dashboard)/orderDashboards

            With HTTPie: http \(order)/orders branchId=1 sauceId=1 qty=10 price=10000
            Ctrl-C stops it.


            """
    }

    private func place(_ service: String, _ port: Int) -> String {
        "localhost:\(shop.host.services.first { $0.name == service }?.port(in: shop.settings) ?? port)"
    }
}

extension RunningService {
    var port: Int { type(of: definition).port }

    fileprivate func port(in settings: ShopSettings) -> Int { settings.place(of: name).port }
}
