import Kernel

/// Runs services side by side in one process.
public final class Host: Sendable {
    public let services: [RunningService]

    public init(_ definitions: [any ServiceDefinition], resources: HostResources) {
        services = definitions.map { RunningService($0, resources: resources) }
    }

    public subscript(name: String) -> RunningService? {
        services.first { $0.name == name }
    }

    /// All at once. Where one cannot start, those that did are stopped again and the first error is thrown.
    public func start() async throws {
        let failures = await withTaskGroup(of: (any Error)?.self) { group in
            for service in services {
                group.addTask {
                    do { try await service.start() } catch { return HostError(service: service.name, cause: error) }
                    return nil
                }
            }
            return await group.reduce(into: [any Error]()) { if let error = $1 { $0.append(error) } }
        }
        guard let first = failures.first else { return }
        await stop(grace: .zero)
        throw first
    }

    /// In the order of declaration: callers before those whom they call. First of all none is ready any more, for
    /// `notice`: as long as those who send requests take to see it. `grace` is that of all requests together. Background
    /// work that takes long to end, such as leaving a group whose brokers do not answer, holds up no other service.
    public func stop(grace: Duration = .seconds(10), notice: Duration = .zero) async {
        for service in services { service.announceStop() }
        if notice > .zero, let loop = services.first?.resources.loop { try? await loop.sleep(for: notice) }
        guard let loop = services.first?.resources.loop else { return }
        let end = loop.uptime + grace
        var endings: [Task<Void, Never>] = []
        for service in services {
            if let ending = await service.beginStop(grace: max(.zero, end - loop.uptime)) { endings.append(ending) }
        }
        for ending in endings { await ending.value }
    }
}

/// A service that could not start, and why.
public struct HostError: Error, CustomStringConvertible {
    public let service: String
    public let cause: any Error
    public var description: String { "\(service) cannot start: \(ErrorText.of(cause))" }
}
