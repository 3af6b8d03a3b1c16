import Contracts

/// The example data of `sambal seed`.
enum SeedCatalogue {
    struct Sauce: Sendable {
        let name: String
        let description: String
        /// In won: KRW has no smaller unit.
        let price: Int64
    }
    static let sauces = [
        Sauce(name: "Sambal Oelek", description: "Red chillies, salt, a little vinegar", price: 4500),
        Sauce(name: "Sambal Terasi", description: "With roasted shrimp paste", price: 5500),
        Sauce(name: "Sambal Matah", description: "Raw shallots and lemongrass, from Bali", price: 6500),
        Sauce(name: "Sambal Bajak", description: "Fried, dark and mild", price: 5500),
        Sauce(name: "Sambal Ijo", description: "Green chillies, from Padang", price: 6000),
        Sauce(name: "Sambal Dabu-dabu", description: "Tomatoes and lime, from Manado", price: 6500),
        Sauce(name: "Sambal Bawang", description: "Garlic and bird's eye chillies", price: 5000),
        Sauce(name: "Sambal Kecap", description: "Sweet soy sauce and chillies", price: 4500),
        Sauce(name: "Gochujang", description: "Fermented chilli paste, from Sunchang", price: 8000),
        Sauce(name: "Ssamjang", description: "For wraps, from Seoul", price: 7000),
    ]

    struct Customer: Sendable {
        let id: String
        let name: String
        let email: String
        let phone: String?
        let language: Language
        let address: Address
    }
    static let customers = [
        Customer(
            id: "CUS-1", name: "Siti Rahma", email: "siti@example.com", phone: "+628110000001", language: .indonesian,
            address: Address(street: "Jalan Sabang 12", city: "Jakarta", postalCode: "10340", country: "ID")),
        Customer(
            id: "CUS-2", name: "Kim Minji", email: "minji@example.com", phone: "+821000000002", language: .korean,
            address: Address(street: "Insadong-gil 44", city: "Seoul", postalCode: "03145", country: "KR")),
        Customer(
            id: "CUS-3", name: "Alex Tan", email: "alex@example.com", phone: nil, language: .english,
            address: Address(street: "25 Tras Street", city: "Singapore", postalCode: "078972", country: "SG")),
    ]
}
