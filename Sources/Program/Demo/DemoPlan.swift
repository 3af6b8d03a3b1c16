/// What the demo is asked to do.
struct DemoPlan: Sendable {
    let orders: Int
    let concurrency: Int
    let timeout: Duration
    let gateway: String
    let psp: String
}
