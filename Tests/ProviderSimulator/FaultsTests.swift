import HTTP
import Kernel
import PaymentProviders
import SimulatorTestSupport
import Testing
import Webhooks

@Suite struct FaultsTests {
    @Test(arguments: [
        (#"{"lostReplies": 1.5}"#, "lostReplies"), (#"{"hangs": "often"}"#, "hangs"),
        (#"{"refusals": "-1 times"}"#, "refusals"), (#"{"callbackDeliveries": 0}"#, "callbackDeliveries"),
        (#"{"callbackDeliveries": "x"}"#, "callbackDeliveries"), (#"{"callbackDelay": "soon"}"#, "callbackDelay"),
        (#"{"actions": ["steal"]}"#, "actions"), (#"{"lostReply": 1}"#, "lostReply"),
        (#"{"callbacksOff": 7}"#, "callbacksOff"), (#"{"serverErrors": {"times": 2}}"#, "serverErrors"),
    ])
    func a_bad_value_is_400_by_field_and_changes_nothing(_ json: String, _ field: String) async throws {
        try await withSimulator { psp in
            let before = try await psp.send(.get, "/admin/faults").text.sorted()
            let answer = try await psp.send(.patch, "/admin/faults", json)
            #expect(answer.status == 400)
            #expect(Problem(answer)?.errors.first?.field == field)
            #expect(try await psp.send(.get, "/admin/faults").text.sorted() == before)
        }
    }

    @Test func a_fault_happens_as_often_as_told_and_only_to_the_actions_named() async throws {
        try await withSimulator { psp in
            try await psp.faults(#"{"serverErrors": "2 times", "actions": ["refund"]}"#)
            let charge = try await psp.made(key: "K-1")
            #expect(try await psp.move("refund", amount: 1, key: "R-1", about: charge).status == 500)
            #expect(try await psp.send(.get, "/admin/faults").text.contains(#""serverErrors":"1 time""#))
            #expect(try await psp.move("refund", amount: 1, key: "R-1", about: charge).status == 500)
            #expect(try await psp.move("refund", amount: 1, key: "R-1", about: charge).status == 201)
            #expect(try await psp.statement().count == 2)
        }
    }

    @Test(arguments: [
        ("serverErrors", 500, 0), ("serverErrorsAfter", 500, 1), ("rateLimited", 429, 0), ("refusals", 402, 1),
    ])
    func an_error_leaves_as_many_lines_as_it_says(_ fault: String, _ status: Int, _ lines: Int) async throws {
        try await withSimulator("retryAfter: 3s") { psp in
            try await psp.faults(#"{"\#(fault)": 1}"#)
            let answer = try await psp.move(key: "K-1")
            #expect(answer.status == status)
            #expect(answer.headers["Retry-After"] == (status == 429 ? "3" : nil))
            #expect(try await psp.statement().count == lines)
        }
    }

    @Test(arguments: [("lostReplies", 1), ("hangs", 0)])
    func an_answer_that_never_comes_leaves_as_many_lines_as_it_says(_ fault: String, _ lines: Int) async throws {
        try await withSimulator { psp in
            try await psp.faults(#"{"\#(fault)": 1, "callbacksOff": true}"#)
            await #expect(throws: TransportError.self) { try await psp.move(key: "K-1", timeout: .seconds(1)) }
            #expect(try await psp.statement().count == lines)
            try await psp.loop.sleep(for: .seconds(30))
            #expect(try await psp.statement().count == lines)
            #expect(psp.callbacks.requests.isEmpty)
        }
    }

    @Test func a_refusal_is_told_at_once_or_later_and_stands_for_its_key() async throws {
        try await withSimulator { psp in
            try await psp.faults(#"{"refusals": "1 time"}"#)
            #expect(try await psp.move(key: "K-1").status == 402)
            #expect(try await psp.move(key: "K-1").status == 402)
            try await psp.faults(#"{"lateRefusals": "1 time"}"#)
            #expect(try await psp.move(key: "K-2").charge.status == .pending)
            #expect(try await psp.move(key: "K-2").charge.status == .pending)
            let types = try await psp.receive(2).map { try $0.callback.type }
            #expect(types == ["charge.refused", "charge.refused"])
            #expect(try await psp.send(.get, "/charges?idempotencyKey=K-2").charge.status == .refused)
        }
    }

    @Test func callbacks_are_repeated_with_the_same_id_and_preceded_by_forged_ones() async throws {
        try await withSimulator { psp in
            psp.callbacks.answer { $0.headers["webhook-signature"] == "v1,d3Jvbmc=" ? 401 : 200 }
            try await psp.faults(#"{"callbackDeliveries": 5, "wrongSignatures": 1}"#)
            _ = try await psp.made(key: "K-1")
            let received = try await psp.receive(10)
            try await psp.loop.sleep(for: .seconds(60))
            #expect(psp.callbacks.requests.count == 10)
            let genuine = received.filter {
                (try? StandardWebhook.verify($0, secret: psp.secret, at: psp.loop.now - .seconds(60))) != nil
            }
            #expect(genuine.count == 5)
            #expect(Set(received.map { $0.headers["webhook-id"] }).count == 1)
        }
    }

    @Test func a_stale_callback_is_sent_again_with_a_fresh_time() async throws {
        try await withSimulator { psp in
            psp.callbacks.answer { request in
                (try? StandardWebhook.verify(request, secret: psp.secret, at: psp.loop.now)) == nil ? 401 : 200
            }
            try await psp.faults(#"{"staleCallbacks": "2 times"}"#)
            _ = try await psp.made(key: "K-1")
            _ = try await psp.receive(3)
            try await psp.loop.sleep(for: .seconds(120))
            #expect(psp.callbacks.requests.count == 3)
        }
    }

    @Test func a_later_callback_of_the_order_overtakes_one_that_is_held() async throws {
        try await withSimulator("reorderWindow: 60s") { psp in
            try await psp.faults(#"{"reorderedCallbacks": "1 time"}"#)
            let charge = try await psp.made(key: "K-1")
            _ = try await psp.made("refund", amount: 10, key: "R-1", about: charge)
            let types = try await psp.receive(2).map { try $0.callback.type }
            #expect(types == ["refund.succeeded", "charge.succeeded"])
            #expect(psp.loop.uptime < .seconds(10))
        }
    }

    @Test func a_held_callback_with_nothing_behind_it_goes_after_the_window() async throws {
        try await withSimulator("reorderWindow: 20s") { psp in
            try await psp.faults(#"{"reorderedCallbacks": 1}"#)
            _ = try await psp.made(key: "K-1")
            try await psp.loop.sleep(for: .seconds(19))
            #expect(psp.callbacks.requests.isEmpty)
            _ = try await psp.receive(1)
        }
    }

    @Test func a_delayed_callback_comes_late_and_one_not_taken_comes_again() async throws {
        try await withSimulator { psp in
            try await psp.faults(#"{"callbackDelay": "30s"}"#)
            psp.callbacks.answer { _ in 503 }
            _ = try await psp.made(key: "K-1")
            try await psp.loop.sleep(for: .seconds(29))
            #expect(psp.callbacks.requests.isEmpty)
            _ = try await psp.receive(3)
            psp.callbacks.answer { _ in 200 }
            let count = try await psp.receive(4).count
            try await psp.loop.sleep(for: .seconds(300))
            #expect(psp.callbacks.requests.count == count)
        }
    }

    @Test func faults_come_from_the_configuration_and_end_by_delete() async throws {
        let yaml = """
            faults:
              refusals: 0.25
              hangs: 3 times
              callbackDelay: 2s
              actions: [charge, refund]
            """
        try await withSimulator(yaml) { psp in
            let text = try await psp.send(.get, "/admin/faults").text
            #expect(text.contains(#""refusals":0.25"#))
            #expect(text.contains(#""hangs":"3 times""#))
            #expect(text.contains(#""callbackDelay":"2s""#))
            #expect(text.contains(#""actions":["charge","refund"]"#))
            let ended = try await psp.send(.delete, "/admin/faults").text
            #expect(ended.contains(#""hangs":0"#))
        }
    }
}
