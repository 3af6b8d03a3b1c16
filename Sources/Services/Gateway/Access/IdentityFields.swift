import HTTP
import Kernel
import Tokens

/// The fields by which the gateway tells an upstream who the caller is. From outside they are never believed.
enum IdentityFields {
    static let subject = "Sambal-Caller"
    static let issuer = "Sambal-Caller-Issuer"
    static let roles = "Sambal-Caller-Roles"

    private static let prefix = Array("sambal-caller".utf8)

    /// Whether a field's name is one of these, or will be. Any case of letters.
    static func contains(_ name: String) -> Bool {
        name.utf8.count >= prefix.count
            && zip(name.utf8, prefix).allSatisfy { $0 == $1 || $0 | 0x20 == $1 && $1 != 0x2D }
    }

    static func removed(from headers: Headers) -> Headers {
        guard headers.fields.contains(where: { contains($0.name) }) else { return headers }
        var kept = Headers()
        for field in headers.fields where !contains(field.name) { kept.add(field.name, field.value) }
        return kept
    }

    /// Removes API keys: no upstream gets one of the gateway's, on open routes neither, nor where none are taken now, but may be
    /// again. A field that such a server as `HeaderNames` is about reads as `X-API-Key` counts as one.
    static func withoutKeys(_ headers: Headers, takesKeys: Bool) -> Headers {
        func isKey(_ field: Headers.Field) -> Bool {
            field.name.utf8.count == keyField.utf8.count && HeaderNames.plainForm(of: field.name) == keyField
                && (takesKeys || field.value.hasPrefix(APIKey.prefix))
        }
        guard headers.fields.contains(where: isKey) else { return headers }
        var kept = Headers()
        for field in headers.fields where !isKey(field) { kept.add(field.name, field.value) }
        return kept
    }

    private static let keyField = APIKey.field.lowercased()

    static func set(_ caller: VerifiedCaller, in headers: inout Headers) {
        headers[subject] = encoded(caller.subject)
        headers[issuer] = encoded(caller.issuer)
        headers[roles] = caller.roles.isEmpty ? nil : caller.roles.joined(separator: ", ")
    }

    /// Percent-encoded, but for letters, digits and what is common in names: a subject cannot end the field.
    private static func encoded(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.append(byte)
            case _ where "-._~@:/|+".utf8.contains(byte): result.append(byte)
            default: result += Array(("%" + hexadecimal(byte).uppercased()).utf8)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
