/// A saga as its service declares it: what is done, where, and how it is taken back. For the event-storming board.
public struct SagaOutline: Sendable, Hashable {
    public struct Step: Sendable, Hashable {
        public let name: String
        /// The service that is asked.
        public let participant: String
        public let isCompensated: Bool

        public init(name: String, participant: String, isCompensated: Bool) {
            self.name = name
            self.participant = participant
            self.isCompensated = isCompensated
        }
    }
    public let name: String
    public let steps: [Step]

    public init(name: String, steps: [Step]) {
        self.name = name
        self.steps = steps
    }
}
