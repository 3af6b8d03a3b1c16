import FoundationEssentials

/// The pieces of a body on its way, and who waits for what. It calls nobody: what is to be called next is collected for
/// the stream, which calls it without a lock.
struct BodyStreamState {
    private enum End {
        case whole
        case failed(TransportError)
    }
    private let length: Int?
    private(set) var maximum: Int?
    private var pieces: [Data] = []
    /// Pieces at the front that were taken.
    private var first = 0
    private var held = 0
    private var offered = 0
    private(set) var taken = 0
    private var end: End?
    private var result: BodyStream.Result?
    private(set) var hasBegun = false
    private(set) var isCancelled = false
    private var isAskedToEnd = false

    private var onReadable: BodyStream.Action?
    private var onWritable: BodyStream.Action?
    private var onBegin: BodyStream.Action?
    private var onAsked: BodyStream.Action?
    private var onOver: [@Sendable (BodyStream.Result) -> Void] = []
    private var actions: [BodyStream.Action] = []

    init(length: Int?, maximum: Int?) {
        (self.length, self.maximum) = (length, maximum)
    }

    var hasRoom: Bool { held < BodyStream.capacity && !isOver }
    /// Nothing more is taken in.
    var isOver: Bool { isCancelled || end != nil }
    var failure: TransportError? {
        if case .failed(let error) = end { error } else { nil }
    }

    mutating func takeActions() -> [BodyStream.Action] {
        guard !actions.isEmpty else { return [] }
        defer { actions = [] }
        return actions
    }

    // MARK: The side that offers

    mutating func offer(_ bytes: Data) -> Bool {
        guard !isOver else { return false }
        guard !bytes.isEmpty else { return hasRoom }
        offered += bytes.count
        if let length, offered > length {
            fail(TransportError(.interrupted, "The body is longer than the \(length) bytes that it should have"))
            return false
        }
        pieces.append(bytes)
        held += bytes.count
        // Before, the side that takes may yet set another limit.
        if hasBegun { checkSize() }
        if let action = onReadable.take() { actions.append(action) }
        return hasRoom
    }

    mutating func finish() {
        guard !isOver else { return }
        if let length, offered < length {
            let words = "The body ends after \(offered) of \(length) bytes"
            return fail(TransportError(.interrupted, words))
        }
        end = .whole
        if let action = onReadable.take() { actions.append(action) }
    }

    mutating func fail(_ error: TransportError) {
        guard !isOver else { return }
        end = .failed(error)
        if let action = onReadable.take() { actions.append(action) }
        if let action = onWritable.take() { actions.append(action) }
        conclude(.failed(error))
    }

    mutating func whenWritable(_ action: @escaping BodyStream.Action) {
        if hasRoom || isOver { actions.append(action) } else { onWritable = action }
    }

    mutating func whenBegun(_ action: @escaping BodyStream.Action) {
        if hasBegun { actions.append(action) } else { onBegin = action }
    }

    mutating func whenAskedToEnd(_ action: @escaping BodyStream.Action) {
        if isAskedToEnd { actions.append(action) } else { onAsked = action }
    }

    // MARK: The side that takes

    mutating func take() -> BodyStream.Step {
        begin()
        guard first < pieces.count else {
            switch end {
            case .failed(let error): return .failed(error)
            case .whole:
                conclude(.completed)
                return .ended
            case nil: return isCancelled ? .failed(Self.cancelled) : .empty
            }
        }
        let piece = pieces[first]
        pieces[first] = Data()
        first += 1
        if first == pieces.count {
            pieces.removeAll(keepingCapacity: true)
            first = 0
        } else if first >= 64 {
            pieces.removeFirst(first)
            first = 0
        }
        let wasFull = !hasRoom
        held -= piece.count
        taken += piece.count
        if wasFull, hasRoom { if let action = onWritable.take() { actions.append(action) } }
        return .bytes(piece)
    }

    mutating func whenReadable(_ action: @escaping BodyStream.Action) {
        begin()
        if first < pieces.count || isOver { actions.append(action) } else { onReadable = action }
    }

    private mutating func begin() {
        guard !hasBegun else { return }
        hasBegun = true
        checkSize()
        if let action = onBegin.take() { actions.append(action) }
    }

    mutating func cancel() {
        guard !isCancelled, result == nil else { return }
        isCancelled = true
        (pieces, first, held) = ([], 0, 0)
        if let action = onWritable.take() { actions.append(action) }
        if let action = onReadable.take() { actions.append(action) }
        conclude(.cancelled)
    }

    mutating func askToEnd() {
        isAskedToEnd = true
        if let action = onAsked.take() { actions.append(action) }
    }

    mutating func limit(to maximum: Int) -> Bool {
        self.maximum = maximum
        return max(length ?? 0, offered) <= maximum
    }

    private mutating func checkSize() {
        guard let maximum, max(length ?? 0, offered) > maximum, !isOver else { return }
        (pieces, first, held) = ([], 0, 0)
        fail(TransportError(.tooLarge, "The body is larger than \(maximum) bytes"))
    }

    private static let cancelled = TransportError(.cancelled, "Nobody takes the body any more")

    // MARK: Both

    mutating func whenOver(_ action: @escaping @Sendable (BodyStream.Result) -> Void) {
        if let result { actions.append { action(result) } } else { onOver.append(action) }
    }

    private mutating func conclude(_ result: BodyStream.Result) {
        guard self.result == nil else { return }
        self.result = result
        for action in onOver { actions.append { action(result) } }
        // They may hold on to whoever has waited.
        (onOver, onBegin, onAsked, onReadable, onWritable) = ([], nil, nil, nil, nil)
    }
}
