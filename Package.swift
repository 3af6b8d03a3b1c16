// swift-tools-version: 6.2
import PackageDescription

// Every name below was checked against `swiftc -print-supported-features`: a misspelt one is silently ignored.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func cLibrary(_ name: String, _ pkgConfig: String, _ package: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// The files of a web page, which `#embed` takes into the program.
func page(_ name: String) -> Target {
    .target(name: name, path: "Sources/Pages/\(name)", exclude: ["files"])
}

// Each target names the modules that its files import, and no others: `Tests/Tidy` compares both.
func module(_ name: String, _ dependencies: [Target.Dependency], path: String) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func platform(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    module(name, dependencies, path: "Sources/Platform/\(name)")
}

func service(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    module("\(name)Service", dependencies, path: "Sources/Services/\(name)")
}

func program(
    _ name: String, _ dependencies: [Target.Dependency], path: String, exclude: [String] = [],
    linkerSettings: [LinkerSetting] = []
) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: settings,
        linkerSettings: linkerSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: path ?? "Tests/Platform/\(name)Tests",
        swiftSettings: settings)
}

let package = Package(
    name: "sambal",
    products: [
        .executable(name: "sambal", targets: ["sambal"]),
        .library(name: "SambalProgram", targets: ["SambalProgram"]),
        .library(name: "HTTP", targets: ["HTTP", "HTTPServer", "HTTPClient"]),
        .library(
            name: "Repository",
            targets: [
                "Storage", "StorageSQLite", "StorageLMDB", "StoragePostgreSQL", "StorageMariaDB", "StorageMongoDB",
                "REST",
            ]),
        .library(name: "EventLog", targets: ["Messaging", "MessagingEmbedded", "MessagingKafka"]),
        .library(name: "Saga", targets: ["Saga"]),
        .library(name: "Idempotency", targets: ["Idempotency"]),
    ],
    targets: [
        cLibrary("CCurl", "libcurl", "libcurl4-openssl-dev"),
        cLibrary("CSQLite", "sqlite3", "libsqlite3-dev"),
        cLibrary("CLMDB", "lmdb", "liblmdb-dev"),
        cLibrary("CPostgreSQL", "libpq", "libpq-dev"),
        cLibrary("CMariaDB", "libmariadb", "libmariadb-dev"),
        cLibrary("CMongoDB", "libmongoc-1.0", "libmongoc-dev"),
        cLibrary("CCrypto", "libcrypto", "libssl-dev"),
        cLibrary("CTLS", "libssl", "libssl-dev"),
        cLibrary("CYAML", "yaml-0.1", "libyaml-dev"),
        cLibrary("CZlib", "zlib", "zlib1g-dev"),
        cLibrary("CRDKafka", "rdkafka", "librdkafka-dev"),
        .systemLibrary(name: "CLinux", path: "Sources/CLibraries/CLinux"),

        page("DashboardPage"),

        platform("Kernel", []),
        platform("Runtime", ["Kernel", "CLinux"]),
        platform("Simulation", ["Kernel"]),
        platform("Telemetry", ["Kernel"]),
        platform("Configuration", ["Kernel", "CYAML"]),
        platform("HTTP", ["Kernel"]),
        platform("TLS", ["Kernel", "CTLS"]),
        platform("HTTPServer", ["Kernel", "Runtime", "HTTP", "TLS", "CLinux"]),
        platform("HTTPClient", ["Kernel", "Runtime", "HTTP", "CCurl"]),
        platform("Storage", ["Kernel"]),
        platform("StorageSQLClient", ["Kernel", "Runtime", "Storage"]),
        platform("StorageSQLite", ["Kernel", "Storage", "StorageSQLClient", "CSQLite"]),
        platform("StorageLMDB", ["Kernel", "Storage", "CLMDB"]),
        platform("StoragePostgreSQL", ["Kernel", "Runtime", "Storage", "StorageSQLClient", "CPostgreSQL"]),
        platform("StorageMariaDB", ["Kernel", "Runtime", "Storage", "StorageSQLClient", "CMariaDB"]),
        platform("StorageMongoDB", ["Kernel", "Runtime", "Storage", "CMongoDB"]),
        platform("REST", ["Kernel", "HTTP", "Storage"]),
        platform("Messaging", ["Kernel", "Storage"]),
        platform("MessagingEmbedded", ["Kernel", "Storage", "StorageSQLite", "Messaging"]),
        platform("MessagingKafka", ["Kernel", "Runtime", "Telemetry", "Messaging", "CRDKafka", "CLinux"]),
        platform("Idempotency", ["Kernel", "HTTP", "Storage"]),
        platform("Resilience", ["Kernel", "Telemetry", "HTTP"]),
        platform(
            "ServiceHost",
            [
                "Kernel", "Telemetry", "Configuration", "HTTP", "TLS", "Storage", "REST", "Messaging", "Idempotency",
                "Resilience", "Tokens", "Webhooks", "Cryptography",
            ]),
        platform(
            "Saga", ["Kernel", "Telemetry", "Configuration", "HTTP", "Storage", "REST", "Resilience", "ServiceHost"]),
        platform("Cryptography", ["CCrypto"]),
        platform("Compression", ["CZlib"]),
        platform("Tokens", ["Kernel", "Cryptography"]),
        platform("Webhooks", ["Kernel", "HTTP", "Cryptography"]),
        platform("Mail", ["Kernel", "CCurl"]),
        module("Contracts", ["Kernel", "Messaging"], path: "Sources/Contracts"),
        module(
            "PaymentProviders", ["Kernel", "Configuration", "HTTP", "ServiceHost", "Cryptography", "Webhooks"],
            path: "Sources/PaymentProviders"),
        service(
            "Product",
            [
                "Kernel", "Configuration", "HTTP", "Storage", "REST", "Messaging", "Idempotency", "ServiceHost",
                "Contracts",
            ]),
        service(
            "Customer",
            [
                "Kernel", "Configuration", "HTTP", "Storage", "REST", "Messaging", "ServiceHost", "Contracts",
            ]),
        service(
            "Cart",
            [
                "Kernel", "Configuration", "HTTP", "Storage", "REST", "Messaging", "Idempotency", "Resilience",
                "ServiceHost", "Saga", "Contracts",
            ]),
        service(
            "Order",
            [
                "Kernel", "Telemetry", "Configuration", "HTTP", "Storage", "REST", "Messaging", "Idempotency",
                "Resilience", "ServiceHost", "Saga", "Contracts",
            ]),
        service(
            "Payment",
            [
                "Kernel", "Telemetry", "Configuration", "HTTP", "Storage", "REST", "Messaging", "Idempotency",
                "Resilience", "ServiceHost", "Webhooks", "Contracts", "PaymentProviders",
            ]),
        service(
            "Delivery",
            [
                "Kernel", "Configuration", "HTTP", "Storage", "REST", "Messaging", "Idempotency", "ServiceHost",
                "Contracts",
            ]),
        service(
            "Notification",
            [
                "Kernel", "Telemetry", "Configuration", "HTTP", "Storage", "REST", "Messaging", "Resilience",
                "ServiceHost", "Contracts",
            ]),
        service(
            "Dashboard",
            [
                "Kernel", "Telemetry", "Configuration", "HTTP", "Storage", "REST", "Messaging", "ServiceHost",
                "Contracts", "DashboardPage",
            ]),
        service(
            "Gateway",
            [
                "Kernel", "Telemetry", "Compression", "Configuration", "HTTP", "TLS", "Resilience", "REST",
                "ServiceHost", "Tokens",
            ]),
        service("Email", ["Kernel", "Configuration", "HTTP", "Idempotency", "ServiceHost", "Mail", "Contracts"]),
        service("SMS", ["Kernel", "Configuration", "HTTP", "Idempotency", "Resilience", "ServiceHost", "Contracts"]),
        module(
            "ProviderSimulator",
            [
                "Kernel", "Configuration", "HTTP", "Storage", "REST", "ServiceHost", "Webhooks", "PaymentProviders",
            ],
            path: "Sources/ProviderSimulator"),
        module(
            "SambalProgram",
            [
                "Kernel", "Runtime", "Telemetry", "Configuration", "HTTP", "HTTPServer", "HTTPClient",
                "Storage", "StorageSQLite", "StorageLMDB", "StoragePostgreSQL", "StorageMariaDB", "StorageMongoDB",
                "REST", "Messaging", "MessagingEmbedded", "MessagingKafka", "ServiceHost", "Saga", "Cryptography",
                "Tokens", "Webhooks", "Contracts", "ProductService", "CustomerService", "CartService", "OrderService",
                "PaymentService", "DeliveryService", "NotificationService", "DashboardService", "GatewayService",
                "EmailService", "SMSService", "ProviderSimulator",
            ],
            path: "Sources/Program"),
        program(
            "sambal", ["SambalProgram"], path: "Sources/sambal",
            // Takes the place of libc's allocator, whose threads wait for each other where one frees what another has
            // allocated. Not in debug builds: sanitizers bring their own.
            linkerSettings: [.linkedLibrary("tcmalloc_minimal", .when(configuration: .release))]),
        module(
            "SupplierService", ["Kernel", "Configuration", "HTTP", "Storage", "REST", "ServiceHost"],
            path: "Examples/Suppliers/Service"),
        program(
            "suppliers-example", ["SambalProgram", "SupplierService"], path: "Examples/Suppliers/Program"),

        tests("Kernel", ["Kernel", "Simulation", "PlatformTestSupport"]),
        tests("Examples", ["HTTP", "SupplierService", "ServiceTestSupport"], path: "Tests/Examples"),
        module(
            "PlatformTestSupport", ["Kernel", "Runtime", "Simulation", "Telemetry"],
            path: "Tests/Support/PlatformTestSupport"),
        module(
            "ServiceTestSupport",
            [
                "Kernel", "Telemetry", "Configuration", "HTTP", "Storage", "StorageSQLite", "Messaging",
                "MessagingEmbedded", "ServiceHost", "PlatformTestSupport",
            ],
            path: "Tests/Support/ServiceTestSupport"),
        module(
            "KafkaTestSupport", ["Kernel", "Runtime", "Telemetry", "MessagingKafka", "CRDKafka"],
            path: "Tests/Support/KafkaTestSupport"),
        module(
            "SimulatorTestSupport",
            [
                "Kernel", "Runtime", "Telemetry", "Configuration", "HTTP", "StorageSQLite", "Messaging",
                "ServiceHost", "Webhooks", "ProviderSimulator", "PlatformTestSupport",
            ],
            path: "Tests/Support/SimulatorTestSupport"),
        tests(
            "ProviderSimulator", ["Kernel", "HTTP", "Webhooks", "PaymentProviders", "SimulatorTestSupport"],
            path: "Tests/ProviderSimulator"),
        tests(
            "PaymentProviders", ["Kernel", "Configuration", "HTTP", "PaymentProviders", "SimulatorTestSupport"],
            path: "Tests/PaymentProviders"),
        tests(
            "StorageSQLite", ["Kernel", "Runtime", "Simulation", "Storage", "StorageSQLite", "PlatformTestSupport"]),
        tests("StorageSQLClient", ["StorageSQLClient"]),
        tests("StorageLMDB", ["Kernel", "Storage", "StorageLMDB", "PlatformTestSupport"]),
        tests(
            "Messaging",
            [
                "Kernel", "Storage", "StorageSQLite", "Messaging", "MessagingEmbedded", "PlatformTestSupport",
            ]),
        tests(
            "MessagingKafka",
            [
                "Kernel", "Runtime", "Telemetry", "Messaging", "MessagingKafka", "PlatformTestSupport",
                "KafkaTestSupport", "CRDKafka",
            ]),
        tests("Idempotency", ["Kernel", "HTTP", "Storage", "StorageSQLite", "Idempotency", "PlatformTestSupport"]),
        tests(
            "StorageConformance",
            [
                "Kernel", "Runtime", "Simulation", "HTTP", "Storage", "StorageSQLite", "StorageLMDB",
                "StoragePostgreSQL", "StorageMariaDB", "StorageMongoDB", "REST", "Messaging", "ServiceHost",
                "Telemetry", "PlatformTestSupport",
            ],
            path: "Tests/Conformance/StorageConformanceTests"),
        tests(
            "EventLogConformance",
            [
                "Kernel", "Runtime", "Storage", "StorageSQLite", "Messaging", "MessagingEmbedded", "MessagingKafka",
                "PlatformTestSupport", "KafkaTestSupport",
            ],
            path: "Tests/Conformance/EventLogConformanceTests"),
        tests(
            "LostAnswer",
            [
                "Kernel", "HTTP", "Storage", "StorageLMDB", "StoragePostgreSQL", "StorageMariaDB", "StorageMongoDB",
                "Messaging", "ServiceHost", "Webhooks", "Contracts", "ProductService", "CustomerService",
                "CartService", "OrderService", "PaymentService", "DeliveryService", "NotificationService",
                "DashboardService", "EmailService", "SMSService", "ProviderSimulator", "PlatformTestSupport",
                "ServiceTestSupport",
            ],
            path: "Tests/Conformance/LostAnswerTests"),
        tests("REST", ["Kernel", "HTTP", "Storage", "StorageSQLite", "REST", "PlatformTestSupport"]),
        tests("Telemetry", ["Kernel", "Telemetry", "PlatformTestSupport"]),
        tests("Configuration", ["Configuration", "PlatformTestSupport"]),
        tests("Resilience", ["Kernel", "Simulation", "Telemetry", "HTTP", "Resilience"]),
        module(
            "ShopSimulation",
            [
                "Kernel", "Runtime", "Simulation", "Telemetry", "Configuration", "HTTP", "Storage", "StorageSQLite",
                "Messaging", "MessagingEmbedded", "ServiceHost", "ProductService", "CustomerService", "CartService",
                "OrderService", "PaymentService", "DeliveryService", "NotificationService", "DashboardService",
                "GatewayService", "EmailService", "SMSService", "ProviderSimulator",
            ],
            path: "Tests/Simulation/Shop"),
        program(
            "simulate", ["ShopSimulation"], path: "Tests/Simulation/Program",
            linkerSettings: [.linkedLibrary("tcmalloc_minimal", .when(configuration: .release))]),
        tests("Simulation", ["Kernel", "Simulation", "ShopSimulation"], path: "Tests/Simulation/Tests"),
        tests("Runtime", ["Kernel", "Runtime", "CLinux"]),
        module("SagaTestSupport", ["Kernel", "HTTP", "Saga"], path: "Tests/Support/SagaTestSupport"),
        tests("Saga", ["Kernel", "HTTP", "Saga", "SagaTestSupport"]),
        tests(
            "CartService",
            [
                "Kernel", "HTTP", "Storage", "StorageSQLite", "Saga", "Contracts", "ProductService",
                "CustomerService", "CartService", "OrderService", "PaymentService", "ProviderSimulator",
                "PlatformTestSupport", "ServiceTestSupport", "SagaTestSupport",
            ],
            path: "Tests/Services/CartServiceTests"),
        tests("HTTP", ["Kernel", "Runtime", "Simulation", "HTTP", "PlatformTestSupport"]),
        tests("TLS", ["Kernel", "TLS", "PlatformTestSupport"]),
        tests("HTTPServer", ["Kernel", "Runtime", "HTTP", "HTTPServer", "TLS", "CTLS", "PlatformTestSupport"]),
        tests("HTTPClient", ["Kernel", "Runtime", "HTTP", "HTTPServer", "HTTPClient"]),
        tests(
            "OrderService",
            [
                "Kernel", "Configuration", "HTTP", "Storage", "StorageSQLite", "Messaging", "ServiceHost",
                "Contracts", "PaymentProviders", "OrderService", "PaymentService", "PlatformTestSupport",
                "ServiceTestSupport",
            ],
            path: "Tests/Services/OrderServiceTests"),
        tests(
            "ProductService",
            [
                "Kernel", "HTTP", "Messaging", "Contracts", "ProductService", "PlatformTestSupport",
                "ServiceTestSupport",
            ],
            path: "Tests/Services/ProductServiceTests"),
        tests(
            "CustomerService",
            [
                "Kernel", "HTTP", "Contracts", "CustomerService", "PlatformTestSupport", "ServiceTestSupport",
            ],
            path: "Tests/Services/CustomerServiceTests"),
        tests(
            "DeliveryService", ["Kernel", "HTTP", "Messaging", "Contracts", "DeliveryService", "ServiceTestSupport"],
            path: "Tests/Services/DeliveryServiceTests"),
        tests(
            "DashboardService",
            [
                "Kernel", "Configuration", "HTTP", "Storage", "StorageSQLite", "StoragePostgreSQL", "StorageMariaDB",
                "Messaging", "ServiceHost", "Contracts", "DashboardService", "PlatformTestSupport",
                "ServiceTestSupport",
            ],
            path: "Tests/Services/DashboardServiceTests"),
        tests(
            "PaymentService",
            [
                "Kernel", "Configuration", "HTTP", "Messaging", "ServiceHost", "Storage", "Contracts",
                "PaymentProviders", "PaymentService", "ProviderSimulator", "PlatformTestSupport",
                "ServiceTestSupport",
            ],
            path: "Tests/Services/PaymentServiceTests"),
        tests(
            "GatewayService",
            [
                "Kernel", "Telemetry", "Configuration", "HTTP", "TLS", "ServiceHost", "GatewayService",
                "PlatformTestSupport", "ServiceTestSupport", "Tokens", "TokenTestSupport",
            ],
            path: "Tests/Services/GatewayServiceTests"),
        tests("Cryptography", ["Kernel", "Cryptography"]),
        tests(
            "Tokens", ["Kernel", "Tokens", "PlatformTestSupport", "TokenTestSupport"]),
        module(
            "TokenTestSupport", ["Kernel", "Cryptography", "Tokens", "CCrypto"],
            path: "Tests/Support/TokenTestSupport"),
        tests("Webhooks", ["Kernel", "HTTP", "Webhooks"]),
        tests("Mail", ["Kernel", "Mail", "CCurl"]),
        tests(
            "EmailService", ["Configuration", "HTTP", "Mail", "EmailService", "ServiceTestSupport"],
            path: "Tests/Services/EmailServiceTests"),
        tests(
            "SMSService", ["Kernel", "Configuration", "HTTP", "SMSService", "ServiceTestSupport"],
            path: "Tests/Services/SMSServiceTests"),
        tests(
            "NotificationService",
            [
                "Kernel", "HTTP", "Contracts", "NotificationService", "PlatformTestSupport", "ServiceTestSupport",
            ],
            path: "Tests/Services/NotificationServiceTests"),
        tests(
            "ServiceHost",
            [
                "Kernel", "Telemetry", "Configuration", "HTTP", "Storage", "StorageSQLite", "Messaging",
                "Idempotency", "ServiceHost", "Tokens", "PlatformTestSupport", "ServiceTestSupport",
                "TokenTestSupport",
            ]),
        tests(
            "Program",
            [
                "Kernel", "Configuration", "HTTP", "HTTPServer", "Storage", "StorageSQLite", "StorageLMDB", "Tokens",
                "ServiceHost", "OrderService", "SambalProgram", "PlatformTestSupport", "ServiceTestSupport",
            ],
            path: "Tests/CommandLine"),
        tests(
            "EndToEnd",
            [
                "sambal", "Kernel", "Runtime", "Messaging", "MessagingEmbedded", "MessagingKafka",
                "PlatformTestSupport", "KafkaTestSupport", "TokenTestSupport", "CRDKafka",
            ],
            path: "Tests/EndToEnd"),
        tests("Tidy", [], path: "Tests/Tidy"),
    ],
    // For `#embed`.
    cLanguageStandard: .c2x
)

// Only for `scripts/fuzz`, which builds with the sanitizer whose library has the driver.
if Context.environment["SAMBAL_FUZZ"] != nil {
    package.targets.append(
        program(
            "sambal-fuzz",
            [
                "Kernel", "Telemetry", "Configuration", "HTTP", "HTTPServer", "StorageSQLClient",
                "StoragePostgreSQL", "StorageMariaDB", "StorageMongoDB", "REST", "Messaging", "MessagingKafka",
                "Idempotency", "ServiceHost", "Tokens", "Webhooks", "Mail", "PaymentProviders", "CRDKafka",
            ],
            path: "Tests/Fuzz", exclude: ["Corpus"]))
}
