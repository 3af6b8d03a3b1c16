import Configuration
import HTTP
import Kernel

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
