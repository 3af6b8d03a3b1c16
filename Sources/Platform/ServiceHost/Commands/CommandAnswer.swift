public import HTTP

/// A command's answer, and what becomes of its key.
public struct CommandAnswer: Sendable {
    enum Fate: Sendable {
        case completed(Response)
        case released
        case forgotten
    }
    let result: Result<Response, Problem>
    let fate: Fate

    /// Sends the response and stores it: every request with the same key gets it from now on.
    public static func complete(_ response: Response) -> CommandAnswer {
        CommandAnswer(result: .success(response), fate: .completed(response))
    }

    /// Sends the response and gives the key back, because it is not the last word: the next request with the key goes on
    /// with the same subject.
    public static func release(_ response: Response) -> CommandAnswer {
        CommandAnswer(result: .success(response), fate: .released)
    }

    /// Throws the problem and gives the key back.
    public static func release(throwing problem: Problem) -> CommandAnswer {
        CommandAnswer(result: .failure(problem), fate: .released)
    }

    /// Sends the response and forgets the key, because the work had no effect and is not resumed: the next request with the
    /// key is a first one, with a subject of its own.
    public static func forget(_ response: Response) -> CommandAnswer {
        CommandAnswer(result: .success(response), fate: .forgotten)
    }

    /// Throws the problem and forgets the key.
    public static func forget(throwing problem: Problem) -> CommandAnswer {
        CommandAnswer(result: .failure(problem), fate: .forgotten)
    }
}

/// The outcome of a command's first transaction.
public enum CommandStart<Work: Sendable>: Sendable {
    /// All is done: this is the answer.
    case answer(CommandAnswer)
    /// The work is durable with its key; something outside is asked next.
    case accepted(Work)
}
