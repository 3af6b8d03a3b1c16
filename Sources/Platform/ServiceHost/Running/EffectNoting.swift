import HTTP
import Storage

/// A database that notes in the current request that a transaction was committed, or may have been committed.
struct EffectNotingDatabase: Database {
    private let base: any Database

    init(_ base: any Database) { self.base = base }

    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        let result: Result
        do {
            result = try await base.transaction(body)
        } catch let error as StorageError where error.code == .outcomeUnknown {
            RequestEffects.current?.noteAction()
            throw error
        }
        RequestEffects.current?.noteAction()
        return result
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result { try await base.read(body) }

    func read<Result: Sendable>(
        _ kind: ReadKind, _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result { try await base.read(kind, body) }

    func endScans() { base.endScans() }
    func migrate(_ migrations: [Migration]) async throws { try await base.migrate(migrations) }
    func check() async throws { try await base.check() }
    func close() async { await base.close() }
}

/// A transport that notes in the current request that a call to another service may have had an effect.
struct EffectNotingTransport: Transport {
    private let base: any Transport

    init(_ base: any Transport) { self.base = base }

    func send(_ request: OutboundRequest) async throws(TransportError) -> Response {
        let response: Response
        do {
            response = try await base.send(request)
        } catch {
            if !request.method.isSafe, !error.isKnownNotSent { RequestEffects.current?.noteAction() }
            throw error
        }
        // A service that answers 4xx or 503 has done nothing.
        let isRefusal = (400..<500).contains(response.status) || response.status == 503
        if !request.method.isSafe, !isRefusal { RequestEffects.current?.noteAction() }
        return response
    }
}

extension ServiceClient {
    var notingEffects: ServiceClient {
        over(EffectNotingTransport(transport))
    }
}
