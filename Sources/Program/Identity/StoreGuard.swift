import Kernel
import Storage

/// Opens the stores of services, and refuses those that differ from the record in the data folder.
struct StoreGuard: Sendable {
    let file: ShopRecordFile
    let eventLog: LogQuestion
    let loop: any Loop
    let limits: ReadLimits

    func open(_ engine: DatabaseEngine, of service: String) async throws -> any ClaimableDatabase {
        let remembered = try file.read().services[service]
        // Opening it would create it.
        if !engine.mayExist { try await check(.empty, of: service, at: engine.name, remembered) }
        let database = try engine.open(loop: loop, limits: limits)
        do {
            try await settle(database, of: service, at: engine.name, remembered)
            return database
        } catch {
            await database.close()
            throw error
        }
    }

    private func settle(
        _ database: any ClaimableDatabase, of service: String, at place: String, _ remembered: ShopRecord.Store?
    ) async throws {
        let found = try await database.storeState()
        if try await check(found, of: service, at: place, remembered) == .give {
            try await database.setIdentity(.new(of: service, loop: loop))
        }
        guard let identity = try await database.countUp() else { return }
        try file.update { record in
            let known = record.services[service]
            // Another process of the service may have been faster.
            let starts = known?.identity == identity.id ? max(known?.starts ?? 0, identity.starts) : identity.starts
            record.services[service] = ShopRecord.Store(database: place, identity: identity.id, starts: starts)
        }
    }

    @discardableResult
    private func check(
        _ found: StoreState, of service: String, at place: String, _ remembered: ShopRecord.Store?
    ) async throws -> StoreJudgement {
        // A log that does not answer proves nothing; `LogGuard` refuses one that is not the shop's.
        let asksLog = found == .empty && remembered == nil
        let hasEvents = asksLog ? await eventLog.hasEvents(of: service) : false
        let judgement = StoreJudgement.judge(found, of: service, remembered: remembered, hasEvents: hasEvents)
        if case .refuse(let reason) = judgement {
            throw StoreRefused(reason, service, at: place, remembered: remembered)
        }
        return judgement
    }
}

extension StoreIdentity {
    /// Returns an identity that no other store has.
    static func new(of service: String, loop: any Loop, origin: Origin? = nil) -> StoreIdentity {
        StoreIdentity(
            id: "STORE-" + hexadecimal(loop.random(), digits: 16), service: service, createdAt: loop.now.description,
            origin: origin)
    }
}
