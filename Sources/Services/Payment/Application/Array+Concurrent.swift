extension Array where Element: Sendable {
    /// Runs `body` for every element, at most so many at once; returns when all have ended.
    func forEachConcurrently(atMost limit: Int, _ body: @escaping @Sendable (Element) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for (index, element) in enumerated() {
                if index >= limit { await group.next() }
                group.addTask { await body(element) }
            }
        }
    }
}
