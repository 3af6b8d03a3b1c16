import Storage
import StorageServer

extension ServerError {
    /// By PostgreSQL's SQLSTATE. Without one it is libpq that speaks: the connection is gone.
    init(state: String, message: String) {
        switch state {
        // A unique index is met only where a look at it just before saw nothing, or where none was taken; nothing is
        // divided by but the number of records that were written (`updateOrFail`).
        case "23505", "22012": self.init(.unexpected, message)
        case "40001", "40P01": self.init(.conflict, message)
        case "", "40003": self.init(.lost, message)
        case "25P03": self.init(.lost, message)
        case _ where state.hasPrefix("57P") || state.hasPrefix("08"): self.init(.lost, message)
        case "54000": self.init(.refused(.invalidQuery), "a value is too long for its index")
        case "22021", "22P05":
            self.init(.refused(.invalidQuery), "a text has a character that the database cannot store")
        case "53100": self.init(.refused(.full), message)
        case "XX001", "XX002": self.init(.refused(.damaged), message)
        case "57014": self.init(.refused(.tooSlow), message)
        case "55P03", "25006": self.init(.refused(.unavailable), message)
        case _ where ["53", "57", "58", "40"].contains(state.prefix(2)): self.init(.refused(.unavailable), message)
        default: self.init(.refused(.internalFailure), message)
        }
    }
}
