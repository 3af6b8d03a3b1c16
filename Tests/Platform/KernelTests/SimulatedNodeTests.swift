import Kernel
import Simulation
import Synchronization
import Testing

@Suite struct SimulatedNodeTests {
    @Test func a_killed_node_does_nothing_any_more_and_the_others_go_on() throws {
        let loop = SimulatedLoop(seed: 7)
        let (victim, other) = (loop.makeNode(named: "victim"), loop.makeNode(named: "other"))
        let (ofVictim, ofOther) = (Beats(), Beats())
        _ = victim.start { await ofVictim.beat(on: victim) }
        _ = other.start { await ofOther.beat(on: other) }
        let worker = victim.makeWorker(named: "disk")
        try loop.run { try await loop.sleep(for: .milliseconds(50)) }
        worker.submit { ofVictim.add() }
        victim.execute { ofVictim.add() }
        let before = (ofVictim.count, ofOther.count)
        victim.kill()
        worker.submit { ofVictim.add() }
        victim.execute { ofVictim.add() }
        victim.schedule(after: .milliseconds(1)) { ofVictim.add() }
        try loop.run { try await loop.sleep(for: .milliseconds(50)) }
        #expect(before.0 > 0)
        #expect(ofVictim.count == before.0)
        #expect(ofOther.count > before.1)
    }

    @Test func what_others_tell_the_dead_is_lost() throws {
        let loop = SimulatedLoop(seed: 7)
        let node = loop.makeNode(named: "victim")
        let (signal, beats) = (Signal(), Beats())
        _ = node.start {
            await signal.wait(on: node)
            beats.add()
        }
        while loop.step() {}
        node.kill()
        signal.raise()
        while loop.step() {}
        #expect(beats.count == 0)
    }

    @Test func a_step_tells_whose_it_was() throws {
        let loop = SimulatedLoop(seed: 7)
        let node = loop.makeNode(named: "order")
        node.execute {}
        _ = loop.step()
        #expect(loop.lastNode === node)
        loop.execute {}
        _ = loop.step()
        #expect(loop.lastNode == nil)
    }
}

private final class Beats: Sendable {
    private let beats = Mutex(0)

    var count: Int { beats.withLock { $0 } }

    func add() { beats.withLock { $0 += 1 } }

    func beat(on loop: any Loop) async {
        while true {
            add()
            try? await loop.sleep(for: .milliseconds(5))
        }
    }
}
