import FoundationEssentials
import HTTP
import Kernel
import Testing

@testable import ServiceHost

/// The chain of audit records, and what a walk through it finds.
@Suite struct AuditChainTests {
    /// A chain of records, as a store has it.
    private static func chain(_ count: Int, by name: String = "ann") throws -> [StoredAuditRecord] {
        var (stored, head) = ([StoredAuditRecord](), AuditHead?.none)
        for number in 1...count {
            let trail = AuditTrail("order.refund", by: Caller(subject: name, issuer: "till"), reason: "\"ü\"\n\u{1}")
            let record = try #require(
                AuditRecord(
                    of: [("orders", "ORD-\(number)", ["status": "PAID"], ["status": "REFUNDED", "n": .integer(1)])],
                    trail, service: "order", at: Timestamp(milliseconds: 1_700_000_000_000), after: head))
            let hash = AuditRecord.hash(of: record.text)
            stored.append(StoredAuditRecord(id: AuditLog.id(record.number), hash: hash, text: record.text))
            head = AuditHead(number: record.number, hash: hash)
        }
        return stored
    }

    private static func head(_ stored: StoredAuditRecord) throws -> AuditHead {
        AuditHead(number: try #require(stored.record).number, hash: stored.hash)
    }

    private func fault(
        _ stored: [StoredAuditRecord], head: AuditHead?, remembered: [AuditHead] = [], of service: String = "order"
    ) -> AuditFault? {
        var chain = AuditChain(of: service, remembered: remembered)
        do throws(AuditFault) {
            for record in stored { try chain.take(record) }
            try chain.end(head: head)
            return nil
        } catch {
            return error
        }
    }

    @Test func the_canonical_form_is_the_documented_one_to_the_byte() throws {
        let record = try #require(try Self.chain(1).first)
        let expected =
            #"{"about":["ORD-1"],"changes":[{"after":{"n":1,"status":"REFUNDED"},"before":{"status":"PAID"},"#
            + #""collection":"orders","id":"ORD-1"}],"form":1,"issuer":"till","number":1,"operation":"order.refund","#
            + #""previous":"0000000000000000000000000000000000000000000000000000000000000000","#
            + #""reason":"\"ü\"\n\u0001","roles":[],"service":"order","time":"2023-11-14T22:13:20.000Z","who":"ann"}"#
        #expect(String(decoding: record.text, as: UTF8.self) == expected)
        // By another program: printf %s '…' | sha256sum
        #expect(record.hash == AuditRecord.hash(of: Array(expected.utf8)))
    }

    @Test func members_are_sorted_by_code_units_and_texts_are_escaped_as_RFC_8785_says() {
        let names: JSONDocument = [
            "\u{20AC}": 1, "\r": 2, "\u{FB33}": 3, "1": 4, "\u{1F600}": 5, "\u{80}": 6, "\u{F6}": 7,
        ]
        let bytes = CanonicalJSON.bytes(of: names)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{F6}\":7,\"\u{20AC}\":1,\"\u{1F600}\":5,\"\u{FB33}\":3}")
        let text = CanonicalJSON.bytes(of: "\u{0}\u{8}\u{9}\u{A}\u{B}\u{C}\u{D}\u{1F}\"\\/\u{7F}\u{2028}")
        #expect(
            String(decoding: text, as: UTF8.self)
                == #""\u0000\b\t\n\u000b\f\r\u001f\"\\/"# + "\u{7F}\u{2028}\"")
    }

    @Test func a_whole_chain_has_no_fault_and_neither_has_an_empty_one() throws {
        let chain = try Self.chain(5)
        #expect(fault(chain, head: try Self.head(chain[4])) == nil)
        #expect(fault(chain, head: try Self.head(chain[4]), remembered: try chain[2...3].map(Self.head)) == nil)
        #expect(fault([], head: nil) == nil)
    }

    @Test func every_byte_that_is_flipped_is_found_with_its_record() throws {
        let chain = try Self.chain(3)
        let head = try Self.head(chain[2])
        for index in chain[1].text.indices {
            var (altered, text) = (chain, chain[1].text)
            text[index] ^= 0x01
            altered[1] = StoredAuditRecord(id: chain[1].id, hash: chain[1].hash, text: text)
            let found = fault(altered, head: head)
            #expect(found?.kind == .altered && found?.number == 2, "byte \(index)")
        }
        for index in 0..<64 {
            var (altered, hash) = (chain, Array(chain[1].hash.utf8))
            hash[index] ^= 0x01
            altered[1] = StoredAuditRecord(
                id: chain[1].id, hash: String(decoding: hash, as: UTF8.self), text: chain[1].text)
            #expect(fault(altered, head: head)?.number == 2, "digit \(index)")
        }
    }

    @Test func a_record_that_is_gone_or_exchanged_is_named() throws {
        let chain = try Self.chain(5)
        let head = try Self.head(chain[4])
        let removed = fault([chain[0], chain[1], chain[3], chain[4]], head: head)
        #expect(removed?.kind == .missing && removed?.number == 3)
        let first = fault(Array(chain.dropFirst()), head: head)
        #expect(first?.kind == .missing && first?.number == 1)
        // The same records, with each other's numbers.
        func placed(_ record: StoredAuditRecord, _ id: String) -> StoredAuditRecord {
            StoredAuditRecord(id: id, hash: record.hash, text: record.text)
        }
        let swapped = fault(
            [chain[0], placed(chain[2], chain[1].id), placed(chain[1], chain[2].id), chain[3], chain[4]], head: head)
        #expect(swapped?.kind == .broken && swapped?.number == 2)
        // A record of another service's chain.
        #expect(fault([chain[0]], head: try Self.head(chain[0]), of: "payment")?.kind == .broken)
    }

    @Test func a_record_that_was_made_anew_with_its_hash_breaks_the_next_or_the_head() throws {
        let (chain, forged) = (try Self.chain(4), try Self.chain(4, by: "bob"))
        let head = try Self.head(chain[3])
        let first = fault([forged[0]] + chain.dropFirst(), head: head)
        #expect(first?.kind == .broken && first?.number == 2)
        var last = chain
        last[3] = forged[3]
        #expect(fault(last, head: head)?.kind == .broken)
        // The whole chain made anew, with its head: only who remembers one of its records finds out.
        let forgedHead = try Self.head(forged[3])
        #expect(fault(forged, head: forgedHead) == nil)
        let found = fault(forged, head: forgedHead, remembered: [try Self.head(chain[1])])
        #expect(found?.kind == .altered && found?.number == 2)
    }

    @Test func a_tail_that_was_cut_off_is_noticed_by_the_head_and_by_who_remembers_it() throws {
        let chain = try Self.chain(5)
        let cut = Array(chain.prefix(3))
        let byHead = fault(cut, head: try Self.head(chain[4]))
        #expect(byHead?.kind == .cutOff && byHead?.number == 4)
        #expect(fault(cut, head: nil)?.kind == .altered)
        // With the head put back as well.
        let headOfCut = try Self.head(chain[2])
        #expect(fault(cut, head: headOfCut) == nil)
        let remembered = fault(cut, head: headOfCut, remembered: [try Self.head(chain[4])])
        #expect(remembered?.kind == .cutOff && remembered?.number == 4)
        #expect(fault([], head: nil, remembered: [headOfCut])?.kind == .cutOff)
    }

    @Test func a_stored_record_comes_through_JSON_as_it_is() throws {
        for stored in try Self.chain(2) {
            #expect(try JSON.decode(StoredAuditRecord.self, from: JSON.encode(stored)) == stored)
        }
        let broken = StoredAuditRecord(id: AuditLog.id(1), hash: "", text: [0x22, 0xFF, 0x22])
        let sent = try JSON.decode(StoredAuditRecord.self, from: JSON.encode(broken))
        #expect(sent.text != broken.text && sent.record == nil)
    }
}
