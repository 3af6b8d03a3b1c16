import HTTP
import Kernel
import PaymentProviders

extension MeaningTable {
    static let midtrans = MeaningTable(
        provider: "Midtrans",
        make: {
            MidtransProvider(
                MidtransSettings(serverKey: "SB-key", cardToken: PaymentToken("token"), currency: .southKoreanWon),
                transport: $0)
        }, rows: states + answers)

    private static let cycle = "\"Transaction status cycle\""

    private static let states = [
        state("pending", "pending pending unknown absent unknown"),
        state("authorize", "unknown succeeded absent absent unknown"),
        state("capture", "succeeded succeeded succeeded refused absent"),
        state("capture", "pending succeeded pending refused absent", fraud: "challenge"),
        state("settlement", "succeeded succeeded succeeded refused absent"),
        state("deny", "refused refused refused refused refused"),
        state("cancel", "refused refused refused succeeded succeeded"),
        state("expire", "refused refused refused succeeded refused"),
        state("failure", "refused refused refused refused refused"),
        state("refund", "succeeded succeeded succeeded refused refused"),
        state("partial_refund", "succeeded succeeded succeeded refused absent"),
        state("chargeback", "succeeded succeeded succeeded refused refused"),
        state("partial_chargeback", "succeeded succeeded succeeded refused refused"),
        state("any other status", "unknown unknown unknown unknown unknown"),
        MeaningRow(
            question: .lookUp, state: "a refund with the key", means: ["-", "-", "-", "-", "succeeded"],
            source: "\"Refund transactions\""
        ) { _ in
            [.answer(200, body("refund", #", "refunds": [{"refund_key": "K-1", "refund_amount": "10000.00"}]"#))]
        },
        MeaningRow(
            question: .lookUp, state: "404", means: ["absent", "absent", "unknown", "unknown", "unknown"],
            source: "\"Code 4xx\""
        ) { _ in [.answer(404, #"{"status_code": "404", "status_message": "m"}"#)] },
        MeaningRow(
            question: .lookUp, state: "an answer without `status_code`",
            means: ProviderAction.allCases.map { _ in "unknown" },
            source: "\"Status codes\""
        ) { _ in [.answer(404, "<html>")] },
    ]

    private static func body(_ status: String, _ more: String = "") -> String {
        """
        {"status_code": "200", "transaction_id": "REF-1", "order_id": "K-1", "gross_amount": "10000.00", \
        "currency": "KRW", "transaction_status": "\(status)", "custom_field1": "ORD-1"\(more)}
        """
    }

    private static func state(_ status: String, _ means: String, fraud: String = "accept") -> MeaningRow {
        let name = status.contains(" ") ? status : "`\(status)`"
        return MeaningRow(
            question: .lookUp, state: fraud == "accept" ? name : "\(name), `fraud_status` \(fraud)",
            means: means.split(separator: " ").map(String.init), source: cycle
        ) { _ in [.answer(200, body(status, #", "fraud_status": "\#(fraud)""#))] }
    }

    private static let answers = [
        answer(
            "202, denied", "refused", [("202", #", "transaction_id": "T", "transaction_status": "deny""#)],
            "\"Code 2xx\""),
        answer("400, 408, 411, 413, 414", "refused", ["400", "408", "411", "413", "414"].map { ($0, "") }),
        answer("401, 402, 409, 410, 429", "notSent", ["401", "402", "409", "410", "429"].map { ($0, "") }),
        answer("406, 407, 412", "looked up", ["406", "407", "412"].map { ($0, "") }),
        answer("403, 404, 405", "unknown", ["403", "404", "405"].map { ($0, "") }),
        answer("500 to 505", "unknown", ["500", "503", "505"].map { ($0, "") }, "\"Code 5xx\""),
        answer("any without `status_code`", "unknown", [("", "")], "\"Status codes\""),
    ]

    /// Each of the codes, one after the other.
    private static func answer(
        _ state: String, _ meaning: String, _ codes: [(String, String)], _ source: String = "\"Code 4xx\""
    ) -> MeaningRow {
        MeaningRow(
            question: .answer, state: state, means: ProviderAction.allCases.map { _ in meaning }, source: source
        ) { _ in
            codes.map { code, more in
                code.isEmpty
                    ? .answer(408, "<html>Request Time-out")
                    : .answer(Int(code) ?? 0, #"{"status_code": "\#(code)", "status_message": "m"\#(more)}"#)
            }
        }
    }
}
