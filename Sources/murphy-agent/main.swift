import Agent
import AgentProtocol
import Glibc

exit(AgentProgram.run(Array(CommandLine.arguments.dropFirst())))
