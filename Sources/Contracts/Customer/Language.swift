/// The languages that the shop writes to people in, by ISO 639-1 code.
public enum Language: String, NamedChoice, Sendable, Hashable {
    case english = "en"
    case indonesian = "id"
    case korean = "ko"
}
