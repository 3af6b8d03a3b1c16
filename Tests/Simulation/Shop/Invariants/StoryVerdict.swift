/// Judges the world of a story by the invariants.
struct StoryVerdict: Verdict {
    let world: Aftermath

    init(_ world: Aftermath) {
        self.world = world
    }

    var violations: [String] { found(Invariant.always).map(\.text) }

    var openMatters: [String] { found(Invariant.atRest).map(\.text).sorted() }

    /// What was found, by the invariant that it breaks.
    func found(_ invariants: [Invariant]) -> [(invariant: String, text: String)] {
        invariants.flatMap { invariant in
            invariant.breaches(world).map { (invariant.name, "\(invariant.name): \($0)") }
        }
    }
}
