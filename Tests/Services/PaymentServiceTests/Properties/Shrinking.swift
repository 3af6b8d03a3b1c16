/// Takes away what a failure does not need: ever smaller parts of the sequence, until no single event can go.
func shrunk<Event>(_ events: [Event], while fails: ([Event]) -> Bool) -> [Event] {
    var events = events
    var size = max(1, events.count / 2)
    while true {
        var (start, isSmaller) = (0, false)
        while start < events.count {
            let less = Array(events[..<start] + events[min(start + size, events.count)...])
            if fails(less) {
                events = less
                isSmaller = true
            } else {
                start += size
            }
        }
        if size == 1 && !isSmaller { return events }
        size = max(1, size / 2)
    }
}
