import HTTP
import Kernel
import Tokens

/// The fields by which the gateway tells an upstream who the caller is. From outside they are never believed.
enum IdentityFields {
    /// Beginnings of their names, and of those that will come, in small letters: of the caller's, and of the token by which
    /// services know each other.
    private static let prefixes = [Array("sambal-caller".utf8), Array("sambal-service".utf8)]

    /// Whether a field's name begins like one of these. Any case of letters.
    static func contains(_ name: String) -> Bool {
        prefixes.contains { prefix in
            name.utf8.count >= prefix.count
                && zip(name.utf8, prefix).allSatisfy { $0 == $1 || $0 | 0x20 == $1 && $1 != 0x2D }
        }
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
        HTTP.Caller(subject: caller.subject, issuer: caller.issuer, roles: caller.roles).write(to: &headers)
    }
}
