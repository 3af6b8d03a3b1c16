import ServiceHost

typealias Version = SambalVersion
