import FoundationEssentials
import HTTP
import HTTPClient
import Kernel
import Runtime
import ServiceHost

enum LoadTestCommand: Command {
    static let name = "loadtest"
    static let summary =
        "puts a running shop under load, measures its answers, and adds up orders, captures and messages afterwards"
    static let forms = [Form("", .none, summary, options: options, run: run)]
    private static let options = [
        Option("users", "N", "the closed model: so many buyers at once (default: 16)"),
        Option("rate", "N", "the open model: so many requests a second, whatever the shop does"),
        Option("duration", "TIME", "how long, for example 30s or 5m (default: 30s)"),
        Option("stages", "TIME:N,…", "ramps in place of --duration: 10s:50,1m:200 goes to 50, then to 200"),
        Option(
            "model", "MODEL", "which of them --stages are: buyers or requests a second", choices: ["closed", "open"]),
        Option("mix", "KIND=N,…", "order, checkout, cancel, refund, read, list, repeat, by weight (default: order)"),
        Option("thresholds", "RULE,…", "for example p99<200ms,checkout.p95<1s,errors<1%,rate>500: else status 4"),
        Option("timeout", "TIME", "of one request (default: 10s)"),
        Option("in-flight", "N", "the most requests of the open model that are under way (default: 2000)"),
        Option("settle", "TIME", "how long orders may take to their end after the test (default: 60s)"),
        Option(
            "sums", "WHICH", "whether orders, captures and messages are added up (default: on)", choices: ["on", "off"]),
        Option("json", "FILE", "keeps the figures in a file"),
        Option("html", "FILE", "draws them over time on a page"),
        Option("compare", "FILE", "draws an earlier run's figures, kept by --json, beneath them"),
        Option("gateway", "URL", "the shop's entry point (default: http://127.0.0.1:8088)"),
        Option("psp", "URL", "the provider simulator, for its statement (default: http://127.0.0.1:8099)"),
        Option("payment", "URL", "the payment service, for its reconciliation (default: http://127.0.0.1:8085)"),
        .data,
    ]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let plan = try plan(of: arguments)
        let settle = try duration("settle", of: arguments, default: .seconds(60), in: .zero ... .seconds(3600))
        let earlier = try arguments.string("compare").map(read)
        guard earlier == nil || arguments.isGiven("html") else { throw UsageError("--compare needs --html") }
        let addsUp = arguments.string("sums") != "off"
        let report = try withLoop { loop in
            var options = HTTPClientOptions()
            options.maximumConcurrent = max(plan.peak, plan.model == .open ? plan.maximumInFlight : 0) + 16
            options.maximumIdleConnections = options.maximumConcurrent
            options.maximumWaiting = options.maximumConcurrent
            let client = HTTPClient(loop: loop, options: options)
            do {
                // Without a shop one sentence says so, not thousands of failed requests.
                _ = try await client.ask(.get, plan.gateway + "/readyz")
                let sums = ShopSums(
                    client: client, loop: loop, gateway: plan.gateway,
                    psp: arguments.string("psp") ?? "http://127.0.0.1:8099",
                    payment: arguments.string("payment") ?? "http://127.0.0.1:8085")
                let report = try await measure(
                    plan, client, loop, data: arguments.data, sums: addsUp ? sums : nil, settle: settle)
                await client.shutdown()
                return report
            } catch {
                await client.shutdown()
                throw error
            }
        }
        Console.write(report.text)
        let json = String(decoding: try JSON.encode(report), as: UTF8.self)
        if let file = arguments.string("json") { try DurableFile.replace(file, with: json + "\n") }
        if let file = arguments.string("html") {
            try DurableFile.replace(file, with: LoadPage(report: report, earlier: earlier).html)
        }
        if report.shop?.faults.isEmpty == false { throw ExitCode(code: ExitCode.failure) }
        if !report.meetsThresholds { throw ExitCode(code: ExitCode.threshold) }
    }

    private static func measure(
        _ plan: LoadPlan, _ client: HTTPClient, _ loop: EventLoop, data: String, sums: ShopSums?, settle: Duration
    ) async throws -> LoadReport {
        let mark = try await sums?.mark()
        let before = await ProcessUsage.now(data: data, loop: loop, client: client)
        let (meter, shopper) = (LoadMeter(), Shopper(client: client, loop: loop, plan: plan))
        let startedAt = loop.now
        let view = Task { await LoadView(plan: plan, loop: loop, meter: meter).run() }
        let elapsed = await LoadDriver(plan: plan, loop: loop, shopper: shopper, meter: meter).run()
        view.cancel()
        await view.value
        LoadView.end()
        var report = LoadReport(
            plan: plan, state: meter.snapshot, elapsed: elapsed, startedAt: startedAt, version: Version.current)
        if let sums, let mark {
            Console.error("The last answer is here; orders are followed to their end.")
            report.shop = try await sums.figures(of: shopper.orderIDs, since: mark, patience: settle)
        }
        // With what the orders needed after their answers.
        if let before, let after = await ProcessUsage.now(data: data, loop: loop, client: client) {
            report.usage = after.since(before)
        }
        return report
    }

    private static func read(_ file: String) throws -> LoadReport {
        guard let data = try? Data(contentsOf: URL(filePath: file)) else {
            throw UsageError("--compare: \(file) cannot be read")
        }
        guard let report = try? JSON.decode(LoadReport.self, from: data) else {
            throw UsageError("--compare: \(file) does not hold the figures of a load test, as --json keeps them")
        }
        return report
    }
}

extension LoadTestCommand {
    static func plan(of arguments: Arguments) throws -> LoadPlan {
        guard !arguments.isGiven("users") || !arguments.isGiven("rate") else {
            throw UsageError("--users is the closed model and --rate the open one: give one of them")
        }
        let isOpen = arguments.isGiven("rate") || arguments.string("model") == "open"
        if isOpen, arguments.isGiven("users") || arguments.string("model") == "closed" {
            throw UsageError("--model contradicts --users or --rate")
        }
        return LoadPlan(
            model: isOpen ? .open : .closed, stages: try stages(of: arguments, isOpen: isOpen),
            mix: try LoadMix.parse(arguments.string("mix") ?? "order"),
            thresholds: try arguments.string("thresholds").map(LoadThreshold.parse) ?? [],
            maximumInFlight: try arguments.integer("in-flight", default: 2000, in: 1...10_000),
            timeout: try duration(
                "timeout", of: arguments, default: .seconds(10), in: .milliseconds(1) ... .seconds(600)),
            gateway: arguments.string("gateway") ?? "http://127.0.0.1:8088")
    }

    private static func stages(of arguments: Arguments, isOpen: Bool) throws -> [LoadStage] {
        if let text = arguments.string("stages") {
            let others = ["users", "rate", "duration"].filter(arguments.isGiven)
            guard others.isEmpty else { throw UsageError("--stages replaces --\(others[0])") }
            let stages = try LoadStage.parse(text)
            guard isOpen || stages.allSatisfy({ $0.target <= maximumUsers }) else {
                throw UsageError("--stages must have at most \(maximumUsers) buyers")
            }
            return stages
        }
        let target =
            isOpen
            ? try arguments.integer("rate", default: 100, in: 1...100_000)
            : try arguments.integer("users", default: 16, in: 1...maximumUsers)
        let length = try duration(
            "duration", of: arguments, default: .seconds(30), in: .seconds(1) ... .seconds(86_400))
        return [LoadStage(duration: length, from: target, target: target)]
    }

    private static let maximumUsers = 5000

    private static func duration(
        _ name: String, of arguments: Arguments, default fallback: Duration, in range: ClosedRange<Duration>
    ) throws -> Duration {
        guard let text = arguments.string(name) else { return fallback }
        guard let duration = LoadUnits.duration(text), range.contains(duration) else {
            throw UsageError(
                "--\(name) must be a time like 30s, 500ms or 5m, from \(LoadUnits.decimal(range.lowerBound.seconds, 3)) s to "
                    + "\(LoadUnits.decimal(range.upperBound.seconds, 0)) s, not \(text)")
        }
        return duration
    }
}
