import Kernel
import Synchronization

/// Lets requests wait for their checkout's end.
final class CheckoutWatch: Sendable {
    private let signals = Mutex<[String: [Signal]]>([:])
    private let loop: any Loop

    init(loop: any Loop) {
        self.loop = loop
    }

    /// To be taken before the checkout begins, so that no end is missed; given back by `wait`.
    func ticket(for orderId: String) -> Signal {
        let signal = Signal()
        signals.withLock { $0[orderId, default: []].append(signal) }
        return signal
    }

    /// Returns at the end, or when the time is over. An end in another process is not noticed here.
    func wait(for orderId: String, _ ticket: Signal, atMost limit: Duration) async {
        await ticket.wait(on: loop, atMost: limit)
        giveBack(orderId, ticket)
    }

    func giveBack(_ orderId: String, _ ticket: Signal) {
        signals.withLock { signals in
            signals[orderId]?.removeAll { $0 === ticket }
            if signals[orderId]?.isEmpty == true { signals[orderId] = nil }
        }
    }

    func ended(_ orderId: String) {
        for signal in signals.withLock({ $0[orderId] ?? [] }) { signal.raise() }
    }
}
