import SambalProgram

// Top-level code is isolated to the main actor and traps on other threads: all the work is behind this call.
Sambal.main()
