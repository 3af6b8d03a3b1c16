import FoundationEssentials
import HTTP
import Kernel
import Simulation
import Synchronization
import Testing

@Suite struct DirectTransportTests {
    private func run<Result: Sendable>(
        _ body: @escaping @Sendable (SimulatedLoop, DirectTransport) async throws -> Result
    ) throws -> Result {
        let loop = SimulatedLoop(seed: 1)
        return try loop.run { try await body(loop, DirectTransport(loop: loop)) }
    }

    @Test func a_request_arrives_as_over_a_socket() throws {
        let response = try run { _, transport in
            let router = try Router([
                Route(.put, "/orders/{id}", summary: "s") { request in
                    .text(
                        "\(try request.parameter("id")) \(request.query["x"] ?? "") \(request.headers["Host"] ?? "") "
                            + String(decoding: request.body, as: UTF8.self))
                }
            ])
            transport.register("orders:80", router: router)
            return try await transport.send(
                OutboundRequest(method: .put, url: "http://orders:80/orders/a%20b?x=1#no", body: Data("body".utf8)))
        }
        #expect(String(decoding: response.body, as: UTF8.self) == "a b 1 orders:80 body")
    }

    @Test(arguments: [
        ("http://nobody/", TransportError.Code.unreachable), ("nonsense", .malformed), ("ftp://a/", .malformed),
        ("http://slow/", .timedOut),
    ])
    func failures_are_those_of_a_socket(url: String, code: TransportError.Code) throws {
        let failure = try run { loop, transport -> TransportError? in
            transport.register("slow") { _ in
                try? await loop.sleep(for: .seconds(60))
                return .text("late")
            }
            do throws(TransportError) {
                _ = try await transport.send(OutboundRequest(method: .get, url: url, timeout: .seconds(1)))
                return nil
            } catch { return error }
        }
        #expect(failure?.code == code)
    }

    /// A request that may change something goes on; the work for one that only reads is broken off.
    @Test(arguments: [(HTTPMethod.post, Duration.seconds(60)), (.get, .zero)])
    func a_cancelled_caller_is_told_at_once(method: HTTPMethod, goesOn: Duration) throws {
        let (code, done) = try run { loop, transport in
            let reached = Signal()
            let finished = Signal()
            transport.register("slow") { _ in
                reached.raise()
                try? await loop.sleep(for: .seconds(60))
                finished.raise()
                return .text("done")
            }
            let task = Task(executorPreference: loop) { () -> TransportError.Code? in
                do throws(TransportError) {
                    _ = try await transport.send(OutboundRequest(method: method, url: "http://slow/"))
                    return nil
                } catch { return error.code }
            }
            await reached.wait(on: loop)
            task.cancel()
            let code = await task.value
            let before = loop.uptime
            await finished.wait(on: loop)
            return (code, loop.uptime - before)
        }
        #expect(code == .cancelled)
        #expect(done == goesOn)
    }

    @Test func the_time_in_which_a_client_sends_its_body_is_not_the_handlers() throws {
        let response = try run { loop, transport in
            transport.register("slow") { request in
                try? await loop.sleep(for: .milliseconds(900))
                return .text(String(decoding: request.body, as: UTF8.self))
            }
            let stream = BodyStream(length: 4)
            _ = loop.schedule(after: .seconds(20)) {
                stream.offer(Data("body".utf8))
                stream.finish()
            }
            var request = OutboundRequest(method: .post, url: "http://slow/", timeout: .seconds(1))
            request.stream = stream
            return try await transport.send(request)
        }
        #expect(response.status == 200 && String(decoding: response.body, as: UTF8.self) == "body")
    }

    /// Services get their bodies whole: what is collected for them is bounded by the room of the whole process.
    @Test func a_body_without_room_is_a_503_and_reaches_no_handler() throws {
        let room = Room()
        let response = try run { _, transport in
            transport.register("service") { _ in
                room.reached.store(true, ordering: .relaxed)
                return .text("")
            }
            let allowance = BodyAllowance(
                reserve: { count in
                    guard room.held.load(ordering: .relaxed) + count <= 1000 else { return false }
                    room.held.add(count, ordering: .relaxed)
                    return true
                }, release: { room.held.subtract($0, ordering: .relaxed) })
            let stream = BodyStream(allowance: allowance)
            for _ in 1...3 { stream.offer(Data(repeating: 1, count: 400)) }
            stream.finish()
            var request = OutboundRequest(method: .post, url: "http://service/", timeout: .seconds(1))
            request.stream = stream
            let response = try await transport.send(request)
            #expect(room.held.load(ordering: .relaxed) == 800)
            allowance.end()
            return response
        }
        #expect(response.status == 503 && response.headers["Retry-After"] != nil)
        #expect(!room.reached.load(ordering: .relaxed) && room.held.load(ordering: .relaxed) == 0)
    }
}

private final class Room: Sendable {
    let held = Atomic(0)
    let reached = Atomic(false)
}
