/// A store of an embedded engine, as another program copies it while its service runs: held still for a moment together
/// with other stores, and readable afterwards as it was in that moment.
///
/// All calls come from one thread. A program that dies lets everybody go.
package protocol StoreSnapshot: AnyObject {
    /// Tries to keep all writers out, without waiting longer than one commit takes. Returns whether it does.
    func tryHold() throws -> Bool

    /// Fixes what is committed now as the view that is read. Writers must be kept out.
    func fix() throws

    /// Lets writers go on; the view stays.
    func release()

    /// The size of the view in bytes.
    func size() throws -> Int

    /// The number of records in the view, with those of the platform's own collections.
    func countRecords() throws -> Int

    /// Gives the view as the bytes of a file of the engine, in their order. `draft` is a path for a file that some engines
    /// need meanwhile; it is removed.
    func copy(by draft: String, to take: (UnsafeRawBufferPointer) throws -> Void) throws

    /// Gives up the view.
    func close()
}
