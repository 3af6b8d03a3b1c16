import Glibc

// libFuzzer's main function is the program's: sambal-fuzz TARGET [ITS ARGUMENTS…]

/// Takes the target's name out of the arguments, before libFuzzer reads them. Processes that libFuzzer starts by itself, to
/// merge inputs, have it in the environment.
@_cdecl("LLVMFuzzerInitialize")
public func chooseTarget(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
    let variable = "SAMBAL_FUZZ_TARGET"
    let words = arguments.pointee
    if count.pointee > 1, let name = words[1].map({ String(cString: $0) }), let target = FuzzTarget.named(name) {
        FuzzTarget.chosen = target
        setenv(variable, name, 1)
        words[1] = words[0]
        arguments.pointee = words + 1
        count.pointee -= 1
    } else if let target = getenv(variable).flatMap({ FuzzTarget.named(String(cString: $0)) }) {
        FuzzTarget.chosen = target
    } else {
        print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
        exit(count.pointee > 1 ? 64 : 0)
    }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func takeInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.chosen.take(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
