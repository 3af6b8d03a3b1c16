import CLinux
import Glibc

/// The loop's epoll set, and an eventfd in it by which other threads wake the loop.
final class Poller: @unchecked Sendable {  // `wake` is one write(2), safe from any thread; the rest is the loop's own
    struct Ready {
        let descriptor: Int32
        let events: Events
    }
    private let epoll: Int32
    private let wakeup: Int32
    private let buffer = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 64)

    init() {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeup = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(epoll >= 0 && wakeup >= 0, "no epoll set for a loop: \(String(cString: strerror(errno)))")
        // Edge-triggered, the wakeup need not be read after each signal.
        control(EPOLL_CTL_ADD, wakeup, EPOLLIN.rawValue | EPOLLET.rawValue)
    }

    deinit {
        close(epoll)
        close(wakeup)
        buffer.deallocate()
    }

    func wake() {
        var one: UInt64 = 1
        _ = write(wakeup, &one, MemoryLayout<UInt64>.size)
    }

    func add(_ descriptor: Int32, _ events: Events) { control(EPOLL_CTL_ADD, descriptor, events.mask) }
    func change(_ descriptor: Int32, _ events: Events) { control(EPOLL_CTL_MOD, descriptor, events.mask) }
    func remove(_ descriptor: Int32) { _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil) }

    /// Sleeps until something is ready, it is woken or the time is up (-1: no limit), then calls `body` for each.
    /// `onWake` comes before all of them.
    func wait(milliseconds: Int32, onWake: () -> Void, forEach body: (Ready) -> Void) {
        let count = epoll_wait(epoll, buffer.baseAddress, Int32(buffer.count), milliseconds)
        onWake()
        guard count > 0 else { return }
        for event in buffer.prefix(Int(count)) where event.data.fd != wakeup {
            body(Ready(descriptor: event.data.fd, events: Events(mask: event.events)))
        }
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ mask: UInt32) {
        var event = epoll_event()
        event.events = mask
        event.data.fd = descriptor
        let result = epoll_ctl(epoll, operation, descriptor, &event)
        precondition(result == 0, "epoll_ctl on \(descriptor): \(String(cString: strerror(errno)))")
    }
}

extension Events {
    fileprivate var mask: UInt32 {
        (contains(.readable) ? EPOLLIN.rawValue : 0) | (contains(.writable) ? EPOLLOUT.rawValue : 0)
    }

    fileprivate init(mask: UInt32) {
        self = []
        if mask & EPOLLIN.rawValue != 0 { insert(.readable) }
        if mask & EPOLLOUT.rawValue != 0 { insert(.writable) }
        if mask & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { insert(.failed) }
    }
}

/// Events that a descriptor is watched for, or is ready for.
public struct Events: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let readable = Events(rawValue: 1)
    public static let writable = Events(rawValue: 2)
    /// An error or a hang-up; reported whether it is asked for or not.
    public static let failed = Events(rawValue: 4)
}
