import MurphyCommands

Murphy.runAndExit()
