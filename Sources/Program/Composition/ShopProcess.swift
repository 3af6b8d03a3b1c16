import Glibc
import Kernel
import Runtime

/// The life of a process that runs services: starts them, listens for commands, stops them on a signal.
struct ShopProcess {
    private let settings: ShopSettings
    private let services: [String]
    private let data: String
    /// Watches the configuration file, if there is one.
    private let file: ConfigurationWatch?

    init(_ settings: ShopSettings, services: [String], data: String, file: ConfigurationWatch? = nil) {
        self.file = file
        self.settings = settings
        self.services = services
        self.data = data
    }

    /// Returns when a signal has ended it gracefully. A second signal ends it at once.
    func run(whenReady: (Shop) -> Void) throws {
        StopSignals.block()
        let shop = try Shop(settings, services: services, data: data)
        let control = try ControlServer(shop)
        try shop.loop.wait { try await shop.start() }
        try control.start()
        file?.start(shop)
        whenReady(shop)
        shop.watch.start()
        StopSignals.wait()
        Console.error("sambal: stopping …")
        file?.stop()
        StopSignals.endAtOnceOnNext()
        shop.watch.expectEnd(within: settings.stopNotice + settings.grace * 2 + .seconds(10))
        try shop.loop.wait {
            await control.stop()
            await shop.stop()
        }
        shop.loop.stop()
    }
}
