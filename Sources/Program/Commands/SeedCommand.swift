/// Fills a shop with example data.
enum SeedCommand: Command {
    static let name = "seed"
    static let summary = "fills a running shop with products, stock and customers to try it with"
    static let forms = [Form("", .none, summary, options: options, run: run)]
    private static let options = [
        Option("branches", "N", "how many branches have stock (default: 3)"),
        Option("pieces", "N", "how many pieces of each product a branch gets (default: 1000)"),
        Option("product", "URL", "the product service (default: http://127.0.0.1:8081)"),
        Option("customer", "URL", "the customer service (default: http://127.0.0.1:8082)"),
    ]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let branches = try arguments.integer("branches", default: 3, in: 1...1000)
        let pieces = try arguments.integer("pieces", default: 1000, in: 1...1_000_000)
        let product = arguments.string("product") ?? "http://127.0.0.1:8081"
        let customer = arguments.string("customer") ?? "http://127.0.0.1:8082"
        try withClient(arguments) { _, client in
            try await Seeding(
                client: client, product: product, customer: customer, branches: branches, pieces: pieces
            ).run()
        }
        Console.write(
            """
            \(SeedCatalogue.sauces.count) products with \(pieces) pieces each at \(branches) branches, and \
            \(SeedCatalogue.customers.count) customers: \(SeedCatalogue.customers.map(\.id).joined(separator: ", ")).
            Try a checkout:
              curl -s \(cart)/carts -H 'Content-Type: application/json' \\
                -d '{"customerId": "CUS-1", "branchId": 1, "items": [{"sauceId": 1, "qty": 2}]}'
              curl -s -X POST \(cart)/carts/ID/checkout

            """)
    }

    private static let cart = "http://127.0.0.1:8083"
}
