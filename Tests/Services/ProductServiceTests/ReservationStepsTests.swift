import Contracts
import Kernel
import Testing

@testable import ProductService

/// The life of a reservation, without a service around it.
@Suite struct ReservationStepsTests {
    private static func reservation(_ status: Reservation.Status) -> Reservation {
        var reservation = Reservation.reserve(
            request, items: [], currency: .southKoreanWon, orderId: "ORD-1", at: Timestamp(milliseconds: 1000),
            expiry: .seconds(60))
        reservation.status = status
        return reservation
    }

    private static let request = ReserveStock(
        branchId: 1, items: [.init(sauceId: 1, qty: 2), .init(sauceId: 2, qty: 1)])

    @Test(
        arguments: [
            (.reserved, .to(.committed, moving: .sellReserved)), (.expired, .to(.committed, moving: .sell)),
            (.committed, .nothing), (.released, .refused),
        ] as [(Reservation.Status, Reservation.Step)])
    func a_commit_sells_once(status: Reservation.Status, step: Reservation.Step) {
        #expect(Self.reservation(status).commitment == step)
    }

    @Test(
        arguments: [
            (.reserved, .to(.released, moving: .release)), (.committed, .to(.released, moving: .takeBack)),
            (.expired, .to(.released, moving: nil)), (.released, .nothing),
        ] as [(Reservation.Status, Reservation.Step)])
    func a_release_gives_back_once(status: Reservation.Status, step: Reservation.Step) {
        #expect(Self.reservation(status).release == step)
    }

    @Test(
        arguments: [
            (.reserved, 61_000, .to(.expired, moving: .release)), (.reserved, 60_999, .nothing),
            (.committed, 61_000, .nothing), (.released, 61_000, .nothing), (.expired, 61_000, .nothing),
        ] as [(Reservation.Status, Int64, Reservation.Step)])
    func what_is_reserved_expires_in_time(status: Reservation.Status, time: Int64, step: Reservation.Step) {
        #expect(Self.reservation(status).expiry(at: Timestamp(milliseconds: time)) == step)
    }

    @Test(
        arguments: [
            ([(1, 2), (2, 1)], nil, 1, true), ([(2, 1), (1, 2)], nil, 1, true),
            ([(1, 1), (2, 1), (1, 1)], nil, 1, true),
            ([(1, 2)], nil, 1, false), ([(1, 3), (2, 1)], nil, 1, false), ([(1, 2), (2, 1)], 9, 1, false),
            ([(1, 2), (2, 1)], nil, 2, false),
        ] as [([(Int64, Int64)], Int64?, Int64, Bool)])
    func the_same_is_recognised(lines: [(Int64, Int64)], expiry: Int64?, branch: Int64, isSame: Bool) {
        let other = ReserveStock(
            branchId: branch, items: lines.map { CheckoutItem(sauceId: $0, qty: $1) }, expiresAfter: expiry)
        #expect(Self.reservation(.reserved).isFor(other) == isSame)
    }

    @Test func a_tombstone_is_for_nothing() {
        let tombstone = Reservation.tombstone(orderId: "ORD-1", at: Timestamp(milliseconds: 0))
        #expect(tombstone.commitment == .refused && tombstone.release == .nothing)
        #expect(!tombstone.isFor(Self.request) && tombstone.summary == nil)
    }
}
