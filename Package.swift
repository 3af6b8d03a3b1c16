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

func platform(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Platform/\(name)", swiftSettings: settings)
}

/// What every service may lean on; never another service.
let servicePlatform: [Target.Dependency] = [
    "Kernel", "HTTP", "REST", "Storage", "Messaging", "Idempotency", "Resilience", "Telemetry", "Configuration",
    "ServiceHost", "Contracts",
]

func service(_ name: String, _ more: [Target.Dependency] = []) -> Target {
    .target(
        name: "\(name)Service", dependencies: servicePlatform + more, path: "Sources/Services/\(name)",
        swiftSettings: settings)
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
        cLibrary("CYAML", "yaml-0.1", "libyaml-dev"),
        cLibrary("CRDKafka", "rdkafka", "librdkafka-dev"),
        .systemLibrary(name: "CLinux", path: "Sources/CLibraries/CLinux"),

        platform("Kernel"),
        platform("Runtime", ["Kernel", "CLinux"]),
        platform("Telemetry", ["Kernel"]),
        platform("Configuration", ["Kernel", "CYAML"]),
        platform("HTTP", ["Kernel", "Telemetry"]),
        platform("HTTPServer", ["Kernel", "Runtime", "HTTP", "CLinux"]),
        platform("HTTPClient", ["Kernel", "Runtime", "HTTP", "Telemetry", "CLinux", "CCurl"]),
        platform("Storage", ["Kernel"]),
        platform("StorageSQL", ["Storage"]),
        platform("StorageServer", ["Kernel", "Runtime", "Storage", "StorageSQL"]),
        platform("StorageSQLite", ["Kernel", "Storage", "StorageSQL", "CSQLite"]),
        platform("StorageLMDB", ["Kernel", "Storage", "CLMDB"]),
        platform(
            "StoragePostgreSQL", ["Kernel", "Runtime", "Storage", "StorageSQL", "StorageServer", "CPostgreSQL"]),
        platform(
            "StorageMariaDB", ["Kernel", "Runtime", "Storage", "StorageSQL", "StorageServer", "CMariaDB"]),
        platform("StorageMongoDB", ["Kernel", "Runtime", "Storage", "CMongoDB"]),
        platform("REST", ["Kernel", "HTTP", "Storage"]),
        platform("Messaging", ["Kernel", "Storage", "Telemetry"]),
        platform("MessagingEmbedded", ["Kernel", "Storage", "Messaging", "StorageSQLite", "CSQLite"]),
        platform("MessagingKafka", ["Kernel", "Runtime", "Messaging", "Telemetry", "CLinux", "CRDKafka"]),
        platform("Idempotency", ["Kernel", "HTTP", "Storage"]),
        platform("Resilience", ["Kernel", "HTTP", "Telemetry"]),
        platform(
            "ServiceHost",
            [
                "Kernel", "HTTP", "REST", "Storage", "Messaging", "Telemetry", "Configuration", "Resilience",
                "Webhooks", "Idempotency",
            ]),
        platform(
            "Saga",
            ["Kernel", "HTTP", "REST", "Storage", "Telemetry", "Configuration", "Resilience", "ServiceHost"]),
        platform("Cryptography", ["CCrypto"]),
        platform("Webhooks", ["Kernel", "HTTP", "Cryptography"]),
        platform("Mail", ["Kernel", "CCurl"]),
        .target(
            name: "Contracts", dependencies: ["Kernel", "Messaging"], path: "Sources/Contracts",
            swiftSettings: settings),
        .target(
            name: "PaymentProviders",
            dependencies: ["Kernel", "HTTP", "ServiceHost", "Webhooks", "Configuration", "Cryptography"],
            path: "Sources/PaymentProviders", swiftSettings: settings),
        service("Product"),
        service("Customer"),
        service("Cart", ["Saga"]),
        service("Order", ["Saga"]),
        service("Payment", ["PaymentProviders", "Webhooks"]),
        service("Delivery"),
        service("Notification"),
        service("Dashboard"),
        service("Gateway"),
        service("Email", ["Mail"]),
        service("SMS"),
        service("ProviderSimulator", ["PaymentProviders", "Webhooks", "Cryptography"]),
        .target(
            name: "SambalProgram",
            dependencies: servicePlatform + [
                "Runtime", "Cryptography", "HTTPServer", "HTTPClient", "StorageSQLite", "StorageLMDB",
                "StoragePostgreSQL",
                "StorageMariaDB", "StorageMongoDB", "MessagingEmbedded",
                "MessagingKafka",
                "Webhooks",
                "CLinux",
                "OrderService", "PaymentService", "DeliveryService", "NotificationService", "DashboardService",
                "GatewayService", "EmailService", "ProviderSimulatorService", "ProductService", "CustomerService",
                "CartService", "SMSService",
            ],
            path: "Sources/Program", swiftSettings: settings),
        .executableTarget(
            name: "sambal", dependencies: ["SambalProgram"], path: "Sources/sambal", swiftSettings: settings,
            // Takes the place of libc's allocator, whose threads wait for each other where one frees what another has
            // allocated. Not in debug builds: sanitizers bring their own.
            linkerSettings: [.linkedLibrary("tcmalloc_minimal", .when(configuration: .release))]),
        .target(
            name: "SupplierService", dependencies: servicePlatform, path: "Examples/Suppliers/Service",
            swiftSettings: settings),
        .executableTarget(
            name: "suppliers-example", dependencies: ["SambalProgram", "SupplierService"],
            path: "Examples/Suppliers/Program", swiftSettings: settings),

        tests("Kernel", ["Kernel", "Runtime", "PlatformTestSupport"]),
        tests(
            "Examples",
            ["SupplierService", "HTTP", "ServiceTestSupport"],
            path: "Tests/Examples"),
        .target(
            name: "PlatformTestSupport", dependencies: ["Kernel", "Runtime"], path: "Tests/Support/PlatformTestSupport",
            swiftSettings: settings),
        .target(
            name: "ServiceTestSupport",
            dependencies: [
                "Kernel", "HTTP", "Storage", "StorageSQLite", "Messaging", "MessagingEmbedded", "Telemetry",
                "Configuration", "ServiceHost", "PlatformTestSupport",
            ],
            path: "Tests/Support/ServiceTestSupport", swiftSettings: settings),
        .target(
            name: "KafkaTestSupport",
            dependencies: ["Kernel", "Runtime", "Telemetry", "MessagingKafka", "CRDKafka"],
            path: "Tests/Support/KafkaTestSupport", swiftSettings: settings),
        .target(
            name: "SimulatorTestSupport",
            dependencies: [
                "Kernel", "Runtime", "HTTP", "StorageSQLite", "Messaging", "Telemetry", "Configuration", "ServiceHost",
                "Webhooks", "PaymentProviders", "ProviderSimulatorService", "PlatformTestSupport",
            ],
            path: "Tests/Support/SimulatorTestSupport", swiftSettings: settings),
        tests(
            "ProviderSimulatorService",
            ["Kernel", "HTTP", "Webhooks", "PaymentProviders", "SimulatorTestSupport"],
            path: "Tests/Services/ProviderSimulatorServiceTests"),
        tests(
            "PaymentProviders", ["Kernel", "HTTP", "Configuration", "PaymentProviders", "SimulatorTestSupport"],
            path: "Tests/PaymentProviders"),
        tests("StorageSQLite", ["Kernel", "Runtime", "Storage", "StorageSQLite", "CSQLite", "PlatformTestSupport"]),
        tests("StorageLMDB", ["Kernel", "Runtime", "Storage", "StorageLMDB", "PlatformTestSupport"]),
        tests(
            "Messaging",
            ["Kernel", "Runtime", "Storage", "StorageSQLite", "Messaging", "MessagingEmbedded", "PlatformTestSupport"]),
        tests(
            "MessagingKafka",
            [
                "Kernel", "Runtime", "Storage", "StorageSQLite", "Messaging", "MessagingKafka", "PlatformTestSupport",
                "KafkaTestSupport", "CRDKafka",
            ]),
        tests("Idempotency", ["Kernel", "HTTP", "Storage", "StorageSQLite", "Idempotency", "PlatformTestSupport"]),
        tests(
            "StorageConformance",
            [
                "Kernel", "HTTP", "REST", "Storage", "StorageSQLite", "StorageLMDB", "StoragePostgreSQL",
                "StorageMariaDB", "StorageServer", "StorageMongoDB", "Runtime", "Messaging", "ServiceHost",
                "PlatformTestSupport",
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
                "Kernel", "Runtime", "HTTP", "Storage", "StorageLMDB", "StoragePostgreSQL", "StorageMariaDB",
                "StorageMongoDB", "Messaging", "Contracts", "Webhooks", "ServiceHost", "OrderService",
                "PaymentService", "ProductService", "CustomerService", "CartService", "DeliveryService",
                "NotificationService", "DashboardService", "EmailService", "SMSService", "ProviderSimulatorService",
                "ServiceTestSupport", "PlatformTestSupport",
            ],
            path: "Tests/Conformance/LostAnswerTests"),
        tests("REST", ["Kernel", "HTTP", "Storage", "StorageSQLite", "REST", "PlatformTestSupport"]),
        tests("Telemetry", ["Kernel", "Telemetry"]),
        tests("Configuration", ["Configuration", "PlatformTestSupport"]),
        tests("Resilience", ["Kernel", "Runtime", "HTTP", "Telemetry", "Resilience"]),
        .target(
            name: "ShopSimulation",
            dependencies: [
                "Kernel", "Runtime", "HTTP", "Storage", "StorageSQLite", "Messaging", "MessagingEmbedded", "Telemetry",
                "Configuration", "ServiceHost", "OrderService", "PaymentService", "DeliveryService",
                "NotificationService", "DashboardService", "GatewayService", "EmailService",
                "ProviderSimulatorService", "ProductService", "CustomerService", "CartService", "SMSService",
            ],
            path: "Tests/Simulation/Shop", swiftSettings: settings),
        .executableTarget(
            name: "simulate", dependencies: ["ShopSimulation"], path: "Tests/Simulation/Program",
            swiftSettings: settings,
            linkerSettings: [.linkedLibrary("tcmalloc_minimal", .when(configuration: .release))]),
        tests(
            "Simulation", ["Kernel", "Runtime", "ServiceHost", "ShopSimulation"], path: "Tests/Simulation/Tests"),
        tests("Runtime", ["Kernel", "Runtime", "CLinux"]),
        .target(
            name: "SagaTestSupport", dependencies: ["Kernel", "HTTP", "Saga"], path: "Tests/Support/SagaTestSupport",
            swiftSettings: settings),
        tests("Saga", ["Kernel", "HTTP", "Saga", "SagaTestSupport"]),
        tests(
            "CartService",
            [
                "Kernel", "HTTP", "Storage", "StorageSQLite", "Messaging", "Saga", "Contracts", "CartService",
                "ProductService", "CustomerService", "OrderService", "PaymentService", "ProviderSimulatorService",
                "SagaTestSupport", "ServiceTestSupport", "PlatformTestSupport",
            ],
            path: "Tests/Services/CartServiceTests"),
        tests("HTTP", ["Kernel", "Runtime", "HTTP", "PlatformTestSupport"]),
        tests("HTTPServer", ["Kernel", "Runtime", "HTTP", "HTTPServer", "PlatformTestSupport"]),
        tests("HTTPClient", ["Kernel", "Runtime", "HTTP", "HTTPServer", "HTTPClient"]),
        tests(
            "OrderService",
            [
                "Kernel", "HTTP", "Storage", "StorageSQLite", "Messaging", "Configuration", "ServiceHost", "Contracts",
                "Saga", "PaymentProviders", "OrderService", "PaymentService", "SagaTestSupport", "ServiceTestSupport",
                "PlatformTestSupport",
            ],
            path: "Tests/Services/OrderServiceTests"),
        tests(
            "ProductService",
            [
                "Kernel", "HTTP", "Messaging", "Contracts", "ProductService", "ServiceTestSupport",
                "PlatformTestSupport",
            ],
            path: "Tests/Services/ProductServiceTests"),
        tests(
            "CustomerService",
            [
                "Kernel", "HTTP", "Contracts", "CustomerService", "ServiceTestSupport", "PlatformTestSupport",
            ],
            path: "Tests/Services/CustomerServiceTests"),
        tests(
            "DeliveryService",
            ["Kernel", "HTTP", "Messaging", "Contracts", "DeliveryService", "ServiceTestSupport"],
            path: "Tests/Services/DeliveryServiceTests"),
        tests(
            "DashboardService",
            ["Kernel", "HTTP", "Messaging", "Contracts", "DashboardService", "ServiceTestSupport"],
            path: "Tests/Services/DashboardServiceTests"),
        tests(
            "PaymentService",
            [
                "Kernel", "HTTP", "Messaging", "Configuration", "ServiceHost", "Contracts", "PaymentProviders",
                "PaymentService", "ProviderSimulatorService", "PlatformTestSupport", "ServiceTestSupport",
            ],
            path: "Tests/Services/PaymentServiceTests"),
        tests(
            "GatewayService",
            [
                "Kernel", "Runtime", "HTTP", "Configuration", "GatewayService", "ServiceTestSupport",
                "PlatformTestSupport",
            ],
            path: "Tests/Services/GatewayServiceTests"),
        tests("Mail", ["Kernel", "Mail", "CCurl"]),
        tests(
            "EmailService", ["HTTP", "Configuration", "Mail", "EmailService", "ServiceTestSupport"],
            path: "Tests/Services/EmailServiceTests"),
        tests(
            "SMSService", ["Kernel", "HTTP", "Configuration", "SMSService", "ServiceTestSupport"],
            path: "Tests/Services/SMSServiceTests"),
        tests(
            "NotificationService",
            [
                "Kernel", "HTTP", "Messaging", "Contracts", "NotificationService", "ServiceTestSupport",
                "PlatformTestSupport",
            ],
            path: "Tests/Services/NotificationServiceTests"),
        tests(
            "ServiceHost",
            [
                "Kernel", "HTTP", "Storage", "StorageSQLite", "Messaging", "Telemetry", "Configuration", "Idempotency",
                "ServiceHost", "ServiceTestSupport", "PlatformTestSupport",
            ]),
        tests(
            "Program", ["SambalProgram", "Configuration", "Kernel", "Storage", "OrderService", "PlatformTestSupport"],
            path: "Tests/CommandLine"),
        tests(
            "EndToEnd",
            [
                "sambal", "Kernel", "Runtime", "Messaging", "MessagingEmbedded", "MessagingKafka",
                "PlatformTestSupport",
                "KafkaTestSupport", "CRDKafka",
            ], path: "Tests/EndToEnd"),
        tests("Tidy", [], path: "Tests/Tidy"),
    ]
)

// Only for `scripts/fuzz`, which builds with the sanitizer whose library has the driver.
if Context.environment["SAMBAL_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "sambal-fuzz",
            dependencies: [
                "CRDKafka", "Kernel", "Telemetry", "Configuration", "HTTP", "HTTPServer", "Storage", "StorageServer",
                "StoragePostgreSQL", "StorageMariaDB", "StorageMongoDB", "REST", "Messaging", "MessagingKafka",
                "Idempotency", "ServiceHost", "Webhooks", "Mail", "PaymentProviders",
            ],
            path: "Tests/Fuzz", exclude: ["Corpus"], swiftSettings: settings))
}
