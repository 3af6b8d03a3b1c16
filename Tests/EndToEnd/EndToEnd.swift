import Testing

/// Tests of the product as real processes. One at a time: each starts a shop and measures it against timeouts, which
/// on a small machine must not be those of its neighbours.
@Suite(.serialized) struct EndToEnd {}
