import SambalProgram
import SupplierService

Sambal.main(adding: [SupplierService.self])
