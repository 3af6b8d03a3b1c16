import HTTP

/// `/admin/faults`: shows and changes the faults in force.
struct FaultRoutes: Sendable {
    let injector: FaultInjector

    var routes: [Route] {
        [
            .get("/admin/faults", summary: "Shows the faults in force", answers: FaultsChange.self) { _ in
                try .json(FaultsChange(injector.faults))
            },
            .patch(
                "/admin/faults", summary: "Changes the faults that are given", body: FaultsChange.self,
                answers: FaultsChange.self, statuses: [200, 400]
            ) { _, change in
                try .json(FaultsChange(injector.change { (faults) throws(Problem) in try change.applied(to: faults) }))
            },
            .delete(
                "/admin/faults", summary: "Ends all faults", answers: FaultsChange.self, statuses: [200]
            ) { _ in
                try .json(FaultsChange(injector.change { _ in Faults() }))
            },
        ]
    }
}
