import Glibc
import HTTP
import HTTPServer
import Kernel
import Runtime
import Testing

@Suite struct HangTests {
    @Test func while_the_loop_hangs_new_connections_are_told_so() async throws {
        let loop = EventLoop(name: "hanging")
        loop.start()
        let (hangs, told) = (HangResponder(), Counter())
        let watch = LoopWatch(
            loop, silence: .milliseconds(100), hang: .seconds(60), period: .milliseconds(20), onStall: { _, _ in },
            onHang: { _, _ in },
            onSilence: { length, _ in
                told.add()
                hangs.answer("The event loop hangs since \(length)")
            })
        watch.start()
        let server = HTTPServer(loop: loop, port: 0, hangs: hangs) { request in
            // What no handler should ever do.
            if request.path == "/hang" { usleep(1_500_000) }
            return .text("ok\n")
        }
        try server.start()
        let early = RawClient(port: server.port)
        early.write("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(await eventually { told.value > 0 })
        let probe = RawClient(port: server.port)
        probe.write("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n")
        let answer = await probe.readAnswer()
        #expect(answer?.status == 503)
        #expect(answer?.body.contains("hangs") == true)
        #expect(answer?.header("Retry-After") != nil)
        // The loop goes on as if nothing had been.
        #expect(await early.readAnswer()?.status == 200)
        let late = RawClient(port: server.port)
        late.write("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(await late.readAnswer()?.status == 200)
        watch.stop()
        await server.stop(grace: .milliseconds(100))
        // Its number may be another's by now.
        hangs.answer("nothing is left to answer for")
        loop.stop()
    }
}
