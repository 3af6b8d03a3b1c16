import HTTP
import Kernel
import ServiceHost
import Telemetry
import Tokens

/// Loads the key set of an issuer from a file or a URL, and counts and logs how that goes.
struct IssuerKeys: Sendable {
    private let issuer: String
    private let location: AccessSettings.KeyLocation
    private let context: ServiceEnvironment
    private let loads: MetricFamily<Counter>

    /// The timeout of each request for keys.
    private static let timeout = Duration.seconds(5)

    /// Throws if a file of keys cannot be read now. Keys from elsewhere are loaded later, unless some are known.
    static func provider(
        _ issuer: AccessSettings.Issuer, _ settings: AccessSettings, _ context: ServiceEnvironment, keys known: KeySet?
    ) throws -> KeyProvider {
        let loads = context.metrics.counter(
            "sambal_gateway_key_loads_total", help: "Loads of the keys of token issuers, by outcome.",
            labels: ["issuer", "outcome"])
        let keys = IssuerKeys(issuer: issuer.name, location: issuer.keys, context: context, loads: loads)
        var first = known
        var age = settings.refresh
        if case .file(let path) = issuer.keys {
            do {
                first = try AccessFile.keys(path)
            } catch {
                throw KeySetFault("the keys of \(issuer.name) in \(path): the file \(error.description)")
            }
            age = AccessSettings.fileInterval
        }
        return KeyProvider(
            KeyRefresh.Settings(minimumInterval: min(settings.minimumRefresh, age), maximumAge: age), keys: first,
            loop: context.loop
        ) { try await keys.load() }
    }

    private func load() async throws -> KeySet {
        do {
            let keys = try await loaded()
            loads.labelled(issuer, "loaded").increment()
            return keys
        } catch {
            try Task.checkCancellation()
            loads.labelled(issuer, "failed").increment()
            context.log.warning(
                "the keys of a token issuer cannot be loaded; the ones before stay in force",
                metadata: ["issuer": .string(issuer), .error: .error(error)])
            throw error
        }
    }

    private func loaded() async throws -> KeySet {
        switch location {
        case .secret: throw KeySetFault("a secret is not loaded")
        case .file(let path):
            // A file system that does not answer stops this load alone, not the gateway.
            let worker = context.loop.makeWorker(named: "issuer keys")
            defer { worker.stop() }
            return try await worker.run { try AccessFile.keys(path) }
        case .url(let url): return try await keySet(at: url)
        case .discovery(let issuer):
            let document = try await body(at: IssuerMetadata.address(of: issuer))
            return try await keySet(at: try IssuerMetadata(json: document, of: issuer).keys)
        }
    }

    private func keySet(at url: String) async throws -> KeySet {
        let keys = try KeySet(json: try await body(at: url))
        if !keys.omissions.isEmpty {
            context.log.info(
                "keys of a token issuer are left out",
                metadata: ["issuer": .string(issuer), "reasons": .string(keys.omissions.joined(separator: "; "))])
        }
        return keys
    }

    private func body(at url: String) async throws -> [UInt8] {
        guard let (client, path) = context.externalEndpoint(url) else { throw KeySetFault("\(url) is no URL") }
        let response = try await client.send(
            .get, path, headers: ["Accept": "application/json, application/jwk-set+json"], timeout: Self.timeout)
        guard response.status == 200 else { throw KeySetFault("\(url) answers with the status \(response.status)") }
        guard response.body.count <= TokenLimits.keySetBytes else {
            throw KeySetFault("\(url) answers with more than \(TokenLimits.keySetBytes >> 10) KiB")
        }
        return Array(response.body)
    }
}
