/// The parameters of the demo.
struct DemoPlan: Sendable {
    let orders: Int
    let concurrency: Int
    let timeout: Duration
    let gateway: String
    let psp: String
}
