import Contracts

/// The words of one language.
protocol Wording: Sendable {
    var numbers: NumberFormat { get }
    func greeting(_ name: String) -> String
    func subject(_ notification: OrderNotification, to recipient: Message.Recipient) -> String
    func opening(_ notification: OrderNotification, to recipient: Message.Recipient) -> String
    /// All of a text message: short, it is paid by the piece.
    func textMessage(_ notification: OrderNotification, to recipient: Message.Recipient) -> String
    func label(_ line: ContentLine) -> String
}

enum Wordings {
    static func wording(_ language: Language) -> any Wording {
        switch language {
        case .english: EnglishWording()
        case .indonesian: IndonesianWording()
        case .korean: KoreanWording()
        }
    }
}
