import HTTP
import Saga
import SagaTestSupport
import Testing

@Suite struct ForwardTests {
    @Test func a_saga_asks_one_step_after_the_other_and_completes() {
        var trip = SagaScript(Trip.definition, Trip())
        #expect(trip.asks == "POST /flights")
        #expect(trip.call?.key == "F")
        trip.answer(201, #"{"number":"SQ 1"}"#)
        #expect(trip.state.flight == "SQ 1")
        trip.answer(202)
        #expect(trip.status == .waiting)
        #expect(trip.asks == nil)
        trip.signal { $0.hotelConfirmed = true }
        trip.answer(200)
        trip.answer(200)
        #expect(trip.status == .completed)
        #expect(trip.saga.dueAt == nil)
        #expect(trip.calls == ["POST /flights", "POST /hotels", "POST /cars", "POST /papers"])
    }

    @Test func a_step_with_nothing_to_ask_is_passed_over() {
        var trip = SagaScript(Trip.definition, Trip(wantsCar: false, hotelConfirmed: true))
        trip.answer(201, #"{"number":"SQ 1"}"#)
        trip.answer(200)
        #expect(trip.asks == "POST /papers")
    }

    @Test func what_comes_before_it_is_waited_for_is_kept() {
        var trip = SagaScript(Trip.definition, Trip())
        trip.signal { $0.hotelConfirmed = true }
        #expect(trip.asks == "POST /flights")
        trip.answer(201, #"{"number":"SQ 1"}"#)
        trip.answer(200)
        #expect(trip.asks == "POST /cars")
    }

    @Test func no_answer_is_asked_again_after_growing_delays() {
        var trip = SagaScript(Trip.definition, Trip())
        for delay in [2, 4, 8, 8] {
            trip.fail()
            #expect(!trip.isDue)
            trip.pass(.seconds(delay) - .milliseconds(1))
            #expect(!trip.isDue)
            trip.pass(.milliseconds(1))
            #expect(trip.isDue)
            #expect(trip.asks == "POST /flights")
        }
    }

    @Test func an_answer_that_cannot_be_read_is_no_answer() {
        var trip = SagaScript(Trip.definition, Trip())
        trip.answer(201, "{")
        #expect(trip.asks == "POST /flights")
        #expect(trip.saga.tries == 1)
    }

    @Test(arguments: [408, 425, 429, 500, 503]) func a_passing_refusal_is_asked_again(status: Int) {
        var trip = SagaScript(Trip.definition, Trip())
        trip.answer(status)
        #expect(trip.status == .running)
        #expect(trip.saga.tries == 1)
    }

    @Test func who_says_when_to_come_back_has_not_refused() {
        var trip = SagaScript(Trip.definition, Trip())
        trip.answer(409, headers: ["Retry-After": "1"])
        #expect(trip.status == .running)
        // The first try may have had an effect after all: the step is taken back with the refusal.
        trip.answer(409)
        #expect(trip.asks == "DELETE /flights")
    }
}
