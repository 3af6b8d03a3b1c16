import Configuration
import HTTP
import Kernel
import PaymentProviders
import ServiceHost

/// The faults as `/admin/faults` shows and takes them; in a PATCH what is not given stays.
struct FaultsChange: Codable, Sendable {
    var callbackDeliveries: Int?
    /// For example `500ms`; a bare number is milliseconds.
    var callbackDelay: String?
    /// Likewise.
    var lateAfter: String?
    var callbacksOff: Bool?
    /// Empty: all.
    var actions: [SimulatorAction]?
    var rates: [RandomFault: FaultRate] = [:]

    static let expectedActions =
        "must be a list of " + SimulatorAction.askable.map(\.rawValue).joined(separator: ", ")

    /// `nil` for what nobody asks the provider for.
    static func action(_ word: String) -> SimulatorAction? { SimulatorAction.askable.first { $0.rawValue == word } }

    private enum Keys: String, CodingKey, CaseIterable {
        case callbackDeliveries, callbackDelay, lateAfter, callbacksOff, actions
    }

    init(_ faults: Faults) {
        callbackDeliveries = faults.callbackDeliveries
        callbackDelay = DurationText.show(faults.callbackDelay)
        lateAfter = DurationText.show(faults.lateAfter)
        callbacksOff = faults.callbacksOff
        actions = faults.actions ?? []
        for fault in RandomFault.allCases { rates[fault] = faults.rates[fault] ?? .never }
    }

    init(from decoder: any Decoder) throws {
        let names = try decoder.container(keyedBy: TextKey.self)
        for key in names.allKeys {
            guard Keys(rawValue: key.stringValue) != nil || RandomFault(rawValue: key.stringValue) != nil else {
                throw DecodingError.dataCorruptedError(forKey: key, in: names, debugDescription: "is no fault")
            }
        }
        let container = try decoder.container(keyedBy: Keys.self)
        callbackDeliveries = try container.decodeIfPresent(Int.self, forKey: .callbackDeliveries)
        callbackDelay = try container.decodeIfPresent(String.self, forKey: .callbackDelay)
        lateAfter = try container.decodeIfPresent(String.self, forKey: .lateAfter)
        callbacksOff = try container.decodeIfPresent(Bool.self, forKey: .callbacksOff)
        actions = try container.decodeIfPresent([String].self, forKey: .actions)?.map { word in
            guard let action = Self.action(word) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .actions, in: container, debugDescription: Self.expectedActions)
            }
            return action
        }
        let faults = try decoder.container(keyedBy: RandomFault.self)
        for fault in RandomFault.allCases {
            rates[fault] = try faults.decodeIfPresent(FaultRate.self, forKey: fault)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encodeIfPresent(callbackDeliveries, forKey: .callbackDeliveries)
        try container.encodeIfPresent(callbackDelay, forKey: .callbackDelay)
        try container.encodeIfPresent(lateAfter, forKey: .lateAfter)
        try container.encodeIfPresent(callbacksOff, forKey: .callbacksOff)
        try container.encodeIfPresent(actions, forKey: .actions)
        var faults = encoder.container(keyedBy: RandomFault.self)
        for fault in RandomFault.allCases { try faults.encodeIfPresent(rates[fault], forKey: fault) }
    }
}

extension FaultsChange {
    /// The faults with what is given here; throws 400 that names each field with a value that cannot be.
    func applied(to faults: Faults) throws(Problem) -> Faults {
        var (faults, problems) = (faults, [Problem.Field]())
        if let callbackDeliveries {
            faults.callbackDeliveries = callbackDeliveries
            if !Faults.deliveries.contains(callbackDeliveries) {
                problems.append(.init(field: "callbackDeliveries", message: "must be from 1 to 100"))
            }
        }
        if let callbackDelay { read(callbackDelay, "callbackDelay", into: &faults.callbackDelay, &problems) }
        if let lateAfter { read(lateAfter, "lateAfter", into: &faults.lateAfter, &problems) }
        faults.callbacksOff = callbacksOff ?? faults.callbacksOff
        if let actions { faults.actions = actions.isEmpty ? nil : actions }
        faults.rates.merge(rates) { $1 }
        guard problems.isEmpty else { throw Problem.invalid(problems) }
        return faults
    }

    private func read(
        _ text: String, _ field: String, into delay: inout Duration, _ problems: inout [Problem.Field]
    ) {
        let read = DurationText.read(Int64(text) == nil ? text : text + "ms")
        if let read, read <= Faults.longestDelay {
            delay = read
        } else {
            problems.append(.init(field: field, message: "must be a duration such as 500ms, up to 24h"))
        }
    }
}

/// `/admin/faults`: shows and changes the faults in force.
struct FaultRoutes: Sendable {
    let injector: FaultInjector
    let context: ServiceEnvironment

    static let routes: [RouteDeclaration<FaultRoutes>] = [
        .get("/admin/faults", summary: "Shows the faults in force", answers: FaultsChange.self) { faults, _ in
            try .json(FaultsChange(faults.injector.faults))
        },
        .patch(
            "/admin/faults", summary: "Changes the faults that are given", body: FaultsChange.self,
            answers: FaultsChange.self, statuses: [200, 400]
        ) { faults, _, change in
            try await faults.change { (faults) throws(Problem) in try change.applied(to: faults) }
        }
        .audited(as: "faults.change"),
        .delete(
            "/admin/faults", summary: "Ends all faults", answers: FaultsChange.self, statuses: [200]
        ) { faults, _ in try await faults.change { _ in Faults() } }
        .audited(as: "faults.end"),
    ]

    /// The faults are in memory only: their change is recorded before it is made.
    private func change(_ change: @escaping @Sendable (Faults) throws(Problem) -> Faults) async throws -> Response {
        try await context.transaction { tx in
            let now = injector.faults
            try AuditTrail.note(
                "faults", id: "faults", before: FaultsChange(now), after: FaultsChange(try change(now)), in: tx)
        }
        return try .json(FaultsChange(injector.change(change)))
    }
}
