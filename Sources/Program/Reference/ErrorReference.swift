import Contracts
import HTTP

/// The errors that services answer with: the types of problem details, and the statuses.
enum ErrorReference {
    struct ProblemType {
        let type: String
        let statuses: [Int]
        /// The services that answer with it.
        let services: String
        let meaning: String
    }

    /// Every type of the program; a test finds those that are missing here.
    static let types: [ProblemType] = [
        ProblemType(
            type: Problem.outcomeUnknownType, statuses: [500, 502, 504], services: "all",
            meaning: "The request may have been done. Repeat it only with the same `Idempotency-Key`; without a key, "
                + "look first (`look`, `Location`) whether it was done."),
        ProblemType(
            type: "/problems/query-too-slow", statuses: [503], services: "all with a database",
            meaning: "A list or search ran over its time. Sort by a field that `detail` names, or ask for less."),
        ProblemType(
            type: OrderAPI.withdrawn, statuses: [409], services: "order",
            meaning: "The order was withdrawn before, so it cannot be created any more."),
        ProblemType(
            type: OrderAPI.withdrawing, statuses: [409], services: "order",
            meaning: "The order is being withdrawn: delivery, money and stock are not all given back yet. Retry."),
        ProblemType(
            type: OrderAPI.shipped, statuses: [422], services: "order",
            meaning: "The order has been shipped, so it cannot be withdrawn."),
        ProblemType(
            type: PaymentAPI.notStarted, statuses: [503], services: "payment",
            meaning: "Nothing was sent to the provider, and nothing will be for this request. Retry."),
        ProblemType(
            type: PaymentAPI.notDecided, statuses: [409], services: "payment",
            meaning: "The cancellation waits for an outcome that is not known yet. Retry; it goes on in any case."),
        ProblemType(
            type: PaymentAPI.cancelled, statuses: [409], services: "payment",
            meaning: "The payment of the order was cancelled before, so none is started."),
        ProblemType(
            type: DeliveryAPI.alreadyShipped, statuses: [409], services: "delivery",
            meaning: "The delivery is on its way, so it cannot be cancelled."),
        ProblemType(
            type: ProductAPI.priceChanged, statuses: [409], services: "product, cart, order",
            meaning: "The price is not the one that the buyer saw. Show the new price and ask again."),
        ProblemType(
            type: ProductAPI.outOfStock, statuses: [409], services: "product, cart",
            meaning: "There is not enough stock, or the reservation expired and its stock is gone."),
        ProblemType(
            type: ProductAPI.reservationReleased, statuses: [409], services: "product",
            meaning: "The reservation was released before, so it can be neither renewed nor sold."),
        ProblemType(
            type: "/problems/stock-below-reserved", statuses: [409], services: "product",
            meaning: "The adjustment would leave less stock than is reserved, or more than can be counted."),
        ProblemType(
            type: CustomerAPI.noAddress, statuses: [422], services: "customer, cart",
            meaning: "The customer has no address to deliver to."),
        ProblemType(
            type: CartAPI.cancelled, statuses: [409], services: "cart",
            meaning: "The payment or the order of the checkout was cancelled meanwhile. The checkout has ended; a new "
                + "one needs a key of its own."),
        ProblemType(
            type: CartAPI.unknownProduct, statuses: [422], services: "cart",
            meaning: "A product of the cart is not sold at the branch."),
        ProblemType(
            type: CartAPI.timedOut, statuses: [503], services: "cart",
            meaning: "The checkout took too long and was compensated. The same request may try again."),
    ]

    private static let statuses: [(Int, String)] = [
        (400, "The request is malformed, or a field has a wrong value; `errors` names each field."),
        (401, "A callback has no valid signature."),
        (402, "The payment provider refused the payment."),
        (403, "A page of another origin may not do this, or a required header is missing at the gateway."),
        (404, "There is nothing at this path, or no resource with this identifier."),
        (405, "The resource has no such method; `Allow` lists those that it has."),
        (408, "The request did not arrive in time."),
        (409, "The request conflicts with the current state. With `Retry-After`, the same request may succeed later."),
        (
            412,
            "The resource has another version than `If-Match` states, or exists although `If-None-Match` forbids it."
        ),
        (413, "The body is too large ([limits.md](limits.md))."),
        (415, "The body has a media type that is not accepted."),
        (421, "The listener does not answer for this `Host`."),
        (
            422,
            "The request is well-formed and cannot be carried out, or its `Idempotency-Key` belongs to another request."
        ),
        (429, "The client exceeded a rate limit; `Retry-After` says when it may come again."),
        (431, "The header fields are too large ([limits.md](limits.md))."),
        (500, "The service failed. With the type `/problems/outcome-unknown`, the request may have been done."),
        (501, "The gateway does not know the method."),
        (502, "The gateway lost the service behind it, and the request may have been done."),
        (503, "The request had no effect: something that it needs is unavailable. `dependency` names it."),
        (504, "The service behind the gateway, or the server that sends a message, did not answer in time."),
        (508, "The request has come through the gateway before: its routes form a loop."),
    ]

    static var markdown: String {
        var text = """
            # Errors

            This page is generated from `ErrorReference.swift`; a test compares its problem types with those of the
            code. Errors are problem details (RFC 9457, `application/problem+json`) with `type`, `title`, `status`,
            `detail` and `instance`; `errors` names fields, `look` is the path of the resource to look at, and
            `dependency` names what was unavailable. The statuses of each route are in [routes.md](routes.md), the exit
            statuses of commands in [commands.md](commands.md#exit-status), and what an operator does about errors in
            the log in [runbook.md](../runbook.md).

            ## Types

            Errors without a type of their own have `about:blank`: the status says all.


            """
        text += Markdown.header("type", "status", "service", "meaning")
        for type in types.sorted(by: { $0.type < $1.type }) {
            text += Markdown.row(
                Markdown.code(type.type), type.statuses.map(String.init).joined(separator: ", "), type.services,
                type.meaning)
        }
        text += "\n## Statuses\n\n" + Markdown.header("status", "meaning")
        for (status, meaning) in statuses { text += Markdown.row("\(status) \(Problem.reason(status))", meaning) }
        return text
    }
}
