import Testing

/// Keeps the floor plan of the services; see CONTRIBUTING.md, "The floor plan of a service".
@Suite struct FloorPlanTests {
    /// The rooms that every service may have.
    private static let rooms: Set = ["Commands", "Policies", "Sagas", "Jobs", "Views"]

    /// Further rooms, and why a service has them.
    private static let furtherRooms: [String: [String: String]] = [
        "Payment": [
            "Reconciliation": "the comparison with the statement is a subject of its own"
        ],
        "Gateway": [
            "Configuration": "a gateway has no aggregate: its rooms are the stages of a request",
            "Description": "the shop's document, made of those of the services",
            "Access": "a stage of a request", "Filters": "a stage of a request", "Forwarding": "a stage of a request",
            "Routing": "a stage of a request", "Upstreams": "a stage of a request",
        ],
        "Notification": [
            "Content": "the content of messages, independent of language", "Wording": "one file per language",
        ],
        "SMS": ["Providers": "one adapter per provider"],
    ]

    /// Types at the top of a service that the plan does not name, and why they are there.
    private static let furtherFiles: [String: [String: String]] = [
        "Gateway": [
            "CertificateKeeper": "the certificate in force, and its exchange for another one",
            "GatewayPlan": "the routes and stages that the settings declare",
            "GatewayRuntime": "the plan in force, and its exchange for another one",
        ],
        "Payment": ["Ledger": "the double-entry book, in which settled attempts are booked"],
    ]

    @Test func every_service_has_the_rooms_of_the_plan() throws {
        let services = try Self.services()
        #expect(services.count == 11)
        for (service, files) in services.sorted(by: { $0.key < $1.key }) {
            for violation in Self.violations(of: files, service: service) { Issue.record("\(violation)") }
        }
    }

    @Test func no_exception_outlives_its_reason() throws {
        let services = try Self.services()
        for (service, rooms) in Self.furtherRooms {
            for room in rooms.keys {
                let count = services[service]?.count { $0.path.contains("/\(service)/\(room)/") } ?? 0
                #expect(count >= 3, "\(service)/\(room) has fewer than three files: merge them")
            }
        }
        for (service, names) in Self.furtherFiles {
            for name in names.keys {
                let isUsed = services[service]?.contains { $0.path.hasSuffix("/\(service)/\(name).swift") } == true
                #expect(isUsed, "\(service) has no file \(name) any more: take it off the list")
            }
        }
    }

    @Test(arguments: [
        ("XService.swift", "struct XService: ServiceDefinition {", true),
        ("XSettings.swift", "struct XSettings {", true), ("Policies.swift", "struct XPolicies {", true),
        ("Parcel.swift", "public struct Parcel: Entity, Hashable {", true), ("Parcel.swift", "struct Parcel {", false),
        ("Commands/SendParcel.swift", "", true), ("ParcelState.swift", "", false),
        ("Application/SendParcel.swift", "", false),
        ("Commands/Sub/SendParcel.swift", "", false), ("XHelper.swift", "enum XHelper {", false),
    ])
    func a_file_in_the_wrong_place_is_found(path: String, text: String, isAllowed: Bool) {
        let files =
            [SourceFile(path: "Sources/Services/X/XService.swift", text: "")]
            + [SourceFile(path: "Sources/Services/X/\(path)", text: text)]
        #expect(Self.violations(of: files, service: "X").isEmpty == isAllowed)
    }

    @Test func parts_of_an_aggregate_stand_beside_it() {
        let files = ["Parcel.swift", "Parcel+Transitions.swift", "ParcelState.swift", "XService.swift"].map {
            SourceFile(path: "Sources/Services/X/\($0)", text: "struct Parcel: Entity {")
        }
        #expect(Self.violations(of: files, service: "X").isEmpty)
    }

    @Test func a_service_without_a_declaration_is_found() {
        #expect(!Self.violations(of: [], service: "X").isEmpty)
    }

    private static func services() throws -> [String: [SourceFile]] {
        Dictionary(grouping: try SourceFile.all(in: "Sources/Services")) {
            String($0.path.split(separator: "/")[2])
        }
    }

    private static func violations(of files: [SourceFile], service: String) -> [String] {
        let paths = files.map { $0.path.split(separator: "/").dropFirst(3).map(String.init) }
        var found: [String] = []
        if !paths.contains(["\(service)Service.swift"]) { found.append("\(service) has no \(service)Service.swift") }
        let allowed = rooms.union(furtherRooms[service, default: [:]].keys)
        let entities = entities(in: files)
        for (file, path) in zip(files, paths) {
            if path.count > 2 {
                found.append("\(file) lies too deep: a room has no further folders")
            } else if path.count == 2 {
                if !allowed.contains(path[0]) { found.append("\(file) lies in a room that the plan does not know") }
            } else if !isAtTheTop(String(path[0].dropLast(6)), service, entities) {
                found.append("\(file) is no declaration, settings, policies or entity: it belongs to a room")
            }
        }
        return found
    }

    /// Declaration, settings, policies; and an aggregate with its parts, which are named by it: `Order`,
    /// `Order+Placing`, `OrderRules`.
    private static func isAtTheTop(_ name: String, _ service: String, _ entities: Set<String>) -> Bool {
        let base = String(name.prefix { $0 != "+" })
        return ["\(service)Service", "\(service)Settings", "Policies"].contains(base)
            || entities.contains { base.hasPrefix($0) }
            || furtherFiles[service]?[name] != nil
    }

    private static func entities(in files: [SourceFile]) -> Set<String> {
        Set(
            files.flatMap { file in
                file.text.matches(of: /struct (\w+)(?:<[^>]*>)?: (?:\w+, )*(?:Entity|Aggregate)\b/).map { String($0.1) }
            })
    }
}
