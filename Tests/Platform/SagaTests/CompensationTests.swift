import HTTP
import Saga
import SagaTestSupport
import Testing

@Suite struct CompensationTests {
    @Test func a_refusal_takes_back_what_was_done_last_step_first() {
        var trip = waitingForTheHotel()
        trip.signal { $0.hotelConfirmed = true }
        trip.answer(422, #"{"detail":"no cars left"}"#)
        #expect(trip.status == .compensating)
        #expect(trip.saga.reason == "no cars left")
        trip.answer(204)
        trip.answer(204)
        #expect(trip.status == .compensated)
        // The car was refused, so there is nothing to take back of it.
        #expect(trip.calls.suffix(2) == ["DELETE /hotels", "DELETE /flights"])
    }

    @Test func a_step_whose_outcome_is_unknown_is_taken_back_too() {
        var trip = waitingForTheHotel()
        trip.signal { $0.hotelConfirmed = true }
        while trip.status == .running {
            trip.fail()
            trip.pass(.seconds(10))
        }
        #expect(trip.asks == "DELETE /cars")
    }

    @Test func what_is_refused_by_a_signal_is_not_taken_back_itself() {
        var trip = waitingForTheHotel()
        trip.signal { $0.hotelConfirmed = false }
        #expect(trip.asks == "DELETE /flights")
        #expect(trip.saga.reason == "the hotel is full")
    }

    @Test func what_does_not_come_in_time_is_taken_back() {
        var trip = waitingForTheHotel()
        trip.pass(.seconds(599))
        trip.timeOut()
        #expect(trip.status == .waiting)
        trip.pass(.seconds(1))
        trip.timeOut()
        #expect(trip.asks == "POST /hotels", "a last time")
        trip.answer(200)
        #expect(trip.asks == "DELETE /hotels")
    }

    @Test func what_does_not_come_in_time_is_taken_back_though_the_participant_is_away() {
        var trip = waitingForTheHotel()
        trip.pass(.seconds(600))
        trip.timeOut()
        trip.fail()
        #expect(trip.asks == "DELETE /hotels")
    }

    @Test func what_came_unheard_is_found_at_the_last_look() {
        var trip = waitingForTheHotel()
        trip.pass(.seconds(600))
        trip.timeOut()
        trip.signal { $0.hotelConfirmed = true }
        trip.answer(200)
        #expect(trip.status == .running)
        #expect(trip.asks != "POST /hotels")
    }

    @Test func a_compensation_is_repeated_until_it_succeeds() {
        var trip = waitingForTheHotel()
        trip.signal { $0.hotelConfirmed = false }
        for answer in [503, 409, 500] {
            trip.answer(answer)
            #expect(trip.asks == "DELETE /flights")
        }
        trip.answer(200)
        #expect(trip.status == .compensated)
    }

    @Test func a_compensation_that_is_refused_is_parked_until_somebody_decides() {
        var trip = waitingForTheHotel()
        trip.signal { $0.hotelConfirmed = false }
        trip.answer(422, #"{"detail":"flown already"}"#)
        #expect(trip.status == .parked)
        #expect(trip.saga.lastFailure == "flown already")
        #expect(trip.asks == nil)
        let isRetried1 = trip.retry()
        #expect(isRetried1)
        #expect(trip.asks == "DELETE /flights")
        trip.answer(422)
        let isResumed2 = trip.resume()
        #expect(isResumed2)
        #expect(trip.status == .compensated)
    }

    @Test func a_compensation_that_fails_for_a_day_is_parked() {
        var trip = waitingForTheHotel()
        trip.signal { $0.hotelConfirmed = false }
        trip.fail()
        trip.pass(.seconds(86_399))
        trip.fail()
        #expect(trip.status == .compensating)
        trip.pass(.seconds(1))
        trip.fail()
        #expect(trip.status == .parked)
    }

    @Test func after_the_point_of_no_return_nothing_is_taken_back() {
        var trip = waitingForTheHotel()
        trip.signal { $0.hotelConfirmed = true }
        trip.answer(200)
        #expect(trip.asks == "POST /papers")
        let isTakenBack3 = trip.compensate()
        #expect(!isTakenBack3)
        trip.answer(422)
        #expect(trip.status == .parked)
        let isTakenBack4 = trip.compensate()
        #expect(!isTakenBack4)
        let isRetried5 = trip.retry()
        #expect(isRetried5)
        #expect(trip.asks == "POST /papers")
        trip.answer(200)
        #expect(trip.status == .completed)
    }

    @Test func an_operator_can_have_a_waiting_saga_taken_back() {
        var trip = waitingForTheHotel()
        let isTakenBack6 = trip.compensate()
        #expect(isTakenBack6)
        #expect(trip.asks == "DELETE /hotels")
        trip.signal { $0.hotelConfirmed = true }
        trip.answer(200)
        trip.answer(200)
        #expect(trip.status == .compensated)
        let isRetried7 = trip.retry()
        #expect(!isRetried7)
        let isResumed8 = trip.resume()
        #expect(!isResumed8)
        let isTakenBack9 = trip.compensate()
        #expect(!isTakenBack9)
    }

    private func waitingForTheHotel() -> SagaScript<Trip> {
        var trip = SagaScript(Trip.definition, Trip())
        trip.answer(201, #"{"number":"SQ 1"}"#)
        trip.answer(200)
        #expect(trip.status == .waiting)
        return trip
    }
}
