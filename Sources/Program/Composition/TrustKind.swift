import Configuration
import Glibc
import Kernel
import ServiceHost
import Tokens

/// The requests that a service's port answers.
enum TrustKind: String, CaseIterable, Sendable {
    /// All of them. For ports on loopback.
    case open
    /// Those that a service of the shop has signed.
    case token

    static func read(from root: Configuration) -> TrustKind {
        root.choice(
            "trust", default: TrustKind.open,
            help:
                "Whether the ports of services answer everybody (on loopback only), or ask for the token of a service of the shop."
        )
    }

    static func read(from section: Configuration, default common: TrustKind) -> TrustKind {
        section.choice(
            "trust", default: common,
            help: .init("Whom the port of the service answers.", default: "that of `trust`"))
    }
}

/// The secrets by which services sign their requests to each other.
enum ServiceSecrets {
    /// The names in `Secrets`.
    static let signing = "services"
    static let other = "otherServices"

    static func read(from section: Configuration) -> [String: String] {
        [
            signing: secret(
                signing, in: section,
                help: .init(
                    "The secret that services sign their requests to each other with, of at least 32 bytes.",
                    default: "generated and kept in the data folder")),
            other: secret(
                other, in: section,
                help: "A second secret that is accepted, while the one that signs is exchanged."),
        ].compactMapValues { $0 }
    }

    /// The value, or that of the file that `nameFile` names.
    private static func secret(_ name: String, in section: Configuration, help: SettingHelp) -> String? {
        let value = section.optionalString(name, help: help)
        let file = section.optionalFile(name + "File", help: "A file that holds `secrets.\(name)`.")
        if value != nil, file != nil {
            section.report(name + "File", "stands beside \(name); one of them is needed")
        }
        var text = value
        if let file, value == nil {
            do throws(GuardedFile.Fault) {
                let bytes = try GuardedFile.read(file, isSecret: true, limit: 4096)
                text = String(validating: bytes, as: UTF8.self)
                if text == nil { section.report(name + "File", "\(file) is not UTF-8 text") }
            } catch {
                section.report(name + "File", "\(file) \(error.description)")
            }
            while let last = text?.utf8.last, last == 0x0A || last == 0x0D { text?.removeLast() }
        }
        guard let text else { return nil }
        if text.utf8.count < ServiceKeys.leastSecret {
            section.report(
                value == nil ? name + "File" : name, "must have at least \(ServiceKeys.leastSecret) bytes")
            return nil
        }
        return text
    }
}

/// Finds ports that would answer everybody, and that others than this machine can reach.
struct OpenPorts {
    private let places: [String: ShopSettings.Place]
    /// The address of services without one of their own.
    private let common: String

    init(_ places: [String: ShopSettings.Place], common: String) {
        self.places = places
        self.common = common
    }

    func report(among services: [String], in root: Configuration) {
        let open = Catalogue.byPort.filter { !$0.isEntry && services.contains($0.name) }.map { $0.name }.filter {
            places[$0]?.trust == .open && !Self.isLoopback(places[$0]?.address ?? "")
        }
        let own = open.filter { places[$0]?.address != common }
        for name in own { report([name], at: places[name]?.address ?? "", in: root.section(name)) }
        let others = open.filter { !own.contains($0) }
        if !others.isEmpty { report(others, at: common, in: root) }
    }

    private func report(_ services: [String], at address: String, in section: Configuration) {
        let ports =
            services.count == 1 ? "the port of \(services[0])" : "the ports of \(services.joined(separator: ", "))"
        section.report(
            "address",
            "is \(address), where other machines reach \(ports), which would answer everybody: set trust: token "
                + "(docs/access.md#between-services), or leave it on 127.0.0.1 and let only gateway.address be another")
    }

    /// Whether only programs on this machine reach the address. What is no address is refused elsewhere.
    static func isLoopback(_ address: String) -> Bool {
        var (ipv4, ipv6) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, address, &ipv4) == 1 { return UInt32(bigEndian: ipv4.s_addr) >> 24 == 127 }
        guard inet_pton(AF_INET6, address, &ipv6) == 1 else { return true }
        let bytes = withUnsafeBytes(of: &ipv6) { Array($0) }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return bytes == [UInt8](repeating: 0, count: 15) + [1] || isMapped && bytes[12] == 127
    }
}

extension ShopSettings {
    /// Whether some port asks for service tokens, or a secret for them is configured.
    private var signs: Bool {
        places.values.contains { $0.trust == .token } || secrets[ServiceSecrets.signing] != nil
    }

    /// How the services know each other. `secret` returns the shared secret of a name.
    func serviceTrust(_ secret: (String) throws -> String) throws -> ServiceTrust {
        guard signs else { return .open }
        guard let keys = ServiceKeys(try secret(ServiceSecrets.signing), other: secrets[ServiceSecrets.other]) else {
            throw CommandFailure("the secret of the services has less than \(ServiceKeys.leastSecret) bytes")
        }
        return ServiceTrust(
            keys: keys, asking: Set(places.filter { $0.value.trust == .token }.keys), serviceAt: { service(at: $0) })
    }

    /// The service that is reached at a URL of scheme and authority: where its own setting says, or on this machine by its
    /// port.
    func service(at url: String) -> String? {
        let services = Catalogue.byPort.filter { !$0.isEntry }.map { $0.name }
        return services.first { place(of: $0).url == url }
            ?? services.first { name in
                ["127.0.0.1", "localhost", "[::1]"].contains { url == "http://\($0):\(place(of: name).port)" }
            }
    }
}
