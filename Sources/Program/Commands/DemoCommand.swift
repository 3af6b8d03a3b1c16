import HTTP
import HTTPClient
import Kernel
import Runtime

enum DemoCommand: Command {
    static let name = "demo"
    static let summary =
        "places orders through the gateway, follows each to its end, and checks that everything adds up"
    static let forms = [Form("", .none, summary, options: options, run: run)]
    private static let options = [
        Option("orders", "N", "the number of orders (default: 100)"),
        Option("concurrency", "N", "how many orders are placed at once (default: 16)"),
        Option("timeout", "SECONDS", "how long one order may take to its end (default: 30)"),
        Option("gateway", "URL", "the shop's entry point (default: http://127.0.0.1:8088)"),
        Option("psp", "URL", "the provider simulator, for its statement (default: http://127.0.0.1:8099)"),
    ]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let plan = DemoPlan(
            orders: try arguments.integer("orders", default: 100, in: 1...1_000_000),
            concurrency: try arguments.integer("concurrency", default: 16, in: 1...1000),
            timeout: .seconds(try arguments.integer("timeout", default: 30, in: 1...3600)),
            gateway: arguments.string("gateway") ?? "http://127.0.0.1:8088",
            psp: arguments.string("psp") ?? "http://127.0.0.1:8099")
        let report = try withLoop { loop in
            let client = HTTPClient(loop: loop, options: CommandSigning.options(arguments, loop: loop))
            do {
                // Without a shop nothing is placed: one sentence says so, not a hundred failed orders.
                _ = try await client.ask(.get, plan.gateway + "/readyz")
            } catch {
                await client.shutdown()
                throw error
            }
            let report = await Demo(plan: plan, loop: loop, client: client).run()
            await client.shutdown()
            return report
        }
        Console.write(report.text)
        if !report.addsUp { throw ExitCode(code: ExitCode.failure) }
    }
}
