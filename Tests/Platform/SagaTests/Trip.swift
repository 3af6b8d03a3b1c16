import HTTP
import Kernel
import Saga

/// A saga of three steps for the tests: a flight, a hotel that confirms later, and a car that is not always wanted.
struct Trip: SagaState {
    static let saga = "trip"
    var wantsCar = true
    var hotelConfirmed: Bool?
    var flight: String?

    struct Flight: Codable {
        let number: String
    }

    static let definition = SagaDefinition<Trip>([
        SagaStep(
            "book a flight", at: "flights", request: { _ in SagaCall(.post, "/flights", key: "F") },
            reply: { state, reply in
                guard reply.outcome == .done else { return reply.outcome }
                state.flight = try reply.decode(Flight.self).number
                return .done
            }, compensation: { _ in SagaCall(.delete, "/flights") }),
        SagaStep(
            "book a hotel", at: "hotels", request: { _ in SagaCall(.post, "/hotels") },
            reply: { $1.outcome == .done ? .waiting : $1.outcome },
            awaits: { $0.hotelConfirmed.map { $0 ? .done : .refused("the hotel is full") } ?? .waiting },
            replyTimeout: .seconds(600), compensation: { _ in SagaCall(.delete, "/hotels") }),
        SagaStep(
            "book a car", at: "cars", request: { $0.wantsCar ? SagaCall(.post, "/cars") : nil },
            compensation: { _ in SagaCall(.delete, "/cars") }),
        SagaStep("send the papers", at: "mail", isRetriable: true, request: { _ in SagaCall(.post, "/papers") }),
    ])
}
