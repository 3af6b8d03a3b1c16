import Glibc
import ShopSimulation

exit(Simulation.run(Array(CommandLine.arguments.dropFirst())))
