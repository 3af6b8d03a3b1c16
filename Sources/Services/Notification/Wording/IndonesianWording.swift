import Contracts
import Kernel

struct IndonesianWording: Wording {
    let numbers = NumberFormat(groupSeparator: ".", decimalSeparator: ",")

    func greeting(_ name: String) -> String { "Yth. \(name)," }

    func subject(_ notification: OrderNotification, to recipient: Message.Recipient) -> String {
        let order = notification.orderId
        return switch (notification, recipient) {
        case (.paid, .buyer): "Pembayaran pesanan \(order) sudah kami terima"
        case (.paid, .seller): "Pesanan \(order) sudah dibayar"
        case (.paymentFailed, _): "Pembayaran pesanan \(order) gagal"
        case (.cancelled, _): "Pesanan \(order) dibatalkan"
        case (.refunded, _): "Pengembalian dana untuk pesanan \(order)"
        case (.refundFailed, _): "Pengembalian dana untuk pesanan \(order) tidak berhasil"
        case (.disputed(let event), _):
            switch event.stage {
            case .won, .fundsReinstated: "Sengketa pesanan \(order) dimenangkan toko"
            case .lost: "Sengketa pesanan \(order) tidak dimenangkan"
            case .opened, .fundsWithdrawn: "Pembayaran pesanan \(order) disengketakan"
            }
        case (.shipped, _): "Pesanan \(order) sedang dikirim"
        case (.delivered, _): "Pesanan \(order) sudah sampai"
        }
    }

    func opening(_ notification: OrderNotification, to recipient: Message.Recipient) -> String {
        switch (notification, recipient) {
        case (.paid, .buyer): "Terima kasih. Pesanan Anda sudah dibayar dan sedang kami siapkan."
        case (.paid, .seller): "Sebuah pesanan sudah dibayar dan dapat dikirim."
        case (.paymentFailed, _): "Pembayaran ditolak, sehingga pesanan tidak diproses. Tidak ada dana yang ditagih."
        case (.cancelled(let event), .buyer) where event.isPaymentOpen == true:
            "Pesanan Anda dibatalkan. Dana yang mungkin sudah ditagih akan dikembalikan."
        case (.cancelled(let event), .buyer):
            "Pesanan Anda dibatalkan. "
                + (event.refundedAmount > 0
                    ? "Dana yang sudah dibayar telah dikembalikan." : "Tidak ada dana yang ditagih.")
        case (.cancelled, .seller): "Sebuah pesanan dibatalkan: mohon jangan dikirim."
        case (.refunded(let refund), _):
            refund.isWhole ? "Seluruh dana sudah dikembalikan." : "Sebagian dana sudah dikembalikan."
        case (.refundFailed, .buyer):
            "Pengembalian dana yang kami kabarkan tidak berhasil. Dana itu tetap milik Anda dan akan kami kirim lagi."
        case (.refundFailed, .seller): "Sebuah pengembalian dana kembali ke toko. Pembeli masih harus menerimanya."
        case (.disputed(let event), _):
            switch event.stage {
            case .won, .fundsReinstated: "Pembayaran tetap di toko, dan pesanan dapat dikirim."
            case .lost: "Dana kembali ke pembeli. Yang belum dikirim tidak dikirim lagi."
            case .opened, .fundsWithdrawn: "Bank pembeli meminta dananya kembali. Mohon jangan mengirim pesanan ini."
            }
        case (.shipped, _): "Pesanan Anda sudah meninggalkan toko."
        case (.delivered, _): "Pesanan Anda sudah sampai. Selamat menikmati!"
        }
    }

    func textMessage(_ notification: OrderNotification, to recipient: Message.Recipient) -> String {
        let order = notification.orderId
        return switch (notification, recipient) {
        case (.paid(let event), .buyer):
            "Pesanan \(order) sudah dibayar: \(numbers.money(event.order.total)). Terima kasih."
        case (.paid(let event), .seller):
            "Pesanan \(order) sudah dibayar: \(numbers.money(event.order.total)). Mohon dikirim."
        case (.cancelled, .seller): "Pesanan \(order) dibatalkan. Jangan dikirim."
        case (.shipped(let event), _):
            "Pesanan \(order) sedang dikirim." + (event.trackingCode.map { " Nomor resi: \($0)" } ?? "")
        case (.paymentFailed, _), (.cancelled, _), (.refunded, _), (.refundFailed, _), (.disputed, _), (.delivered, _):
            subject(notification, to: recipient) + "."
        }
    }

    func label(_ line: ContentLine) -> String {
        switch line {
        case .order: "Pesanan"
        case .branch: "Cabang"
        case .item: "Sambal"
        case .moreItems: "Sambal lainnya"
        case .amount: "Jumlah"
        case .refunded: "Dikembalikan"
        case .refundedInAll: "Total dikembalikan"
        case .notRefunded: "Belum dikembalikan"
        case .disputed: "Disengketakan"
        case .reason: "Alasan"
        case .trackingCode: "Nomor resi"
        case .time: "Waktu"
        }
    }
}
