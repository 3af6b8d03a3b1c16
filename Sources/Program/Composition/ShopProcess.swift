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

    private init(_ settings: ShopSettings, services: [String], data: String, file: ConfigurationWatch?) {
        self.file = file
        self.settings = settings
        self.services = services
        self.data = data
    }

    /// Runs the services with the settings that the options name; returns when a signal has ended them gracefully.
    /// `welcome` is what a person reads when they are ready. What stops them from starting is said in the log's format.
    static func run(
        _ arguments: Arguments, transport: ShopSettings.TransportKind, services: [String], welcome: (Shop) -> String
    ) throws {
        let load = { @Sendable in
            try arguments.settings(data: arguments.data, transport: transport, running: services)
        }
        let file = arguments.string("config").map { ConfigurationWatch($0, load: load) }
        let settings = try Announcement.failing(in: .given) { try load() }
        try Announcement.failing(in: settings.logFormat) {
            try ShopProcess(settings, services: services, data: arguments.data, file: file).run(welcome)
        }
    }

    /// Returns when a signal has ended it gracefully. A second signal ends it at once.
    private func run(_ welcome: (Shop) -> String) throws {
        StopSignals.block()
        let shop = try Shop(settings, services: services, data: data)
        let control = try ControlServer(shop)
        try shop.loop.wait { try await shop.start() }
        try control.start()
        file?.start(shop)
        Announcement.ready(shop, welcome(shop))
        shop.watch.start()
        StopSignals.wait()
        Announcement.stopping(shop)
        file?.stop()
        StopSignals.endAtOnceOnNext()
        shop.watch.expectEnd(
            within: settings.stopNotice + settings.grace * 2 + .seconds(10), turn: settings.grace)
        try shop.loop.wait {
            await control.stop()
            await shop.stop()
        }
        shop.loop.stop()
    }
}
