/// "Did you mean": the nearest of the words that would have been right.
enum Suggestion {
    static func hint(for word: String, among words: [String]) -> String {
        let limit = max(1, min(3, word.count / 3))
        let nearest = words.map { (distance: distance(word.lowercased(), $0.lowercased()), word: $0) }
            .filter { $0.distance <= limit }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        return nearest.map { "; did you mean \($0.word)?" } ?? ""
    }

    /// Damerau and Levenshtein's distance: insertions, deletions, substitutions, and two neighbours exchanged.
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                var best = min(
                    last[column] + (left[row] == right[column] ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
