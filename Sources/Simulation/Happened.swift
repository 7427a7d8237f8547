/// What runs are counted by: an adversary that never does a thing proves nothing of it.
package enum Happened: String, CaseIterable, Sendable {
  /// Runs in which at least one fault was active.
  case runWithFault = "runs with a fault"
  /// Faults that were active.
  case fault = "faults active"
  /// Acts that took effect after their lease had ended.
  case lateAct = "acts later than their lease"

  /// Ends of runs.
  case completed = "ended: completed"
  /// Ends of runs.
  case refused = "ended: refused"
  /// Ends of runs.
  case aborted = "ended: aborted"
  /// Ends of runs.
  case faultsActive = "ended: fault active"
  /// The controller died during the run.
  case controllerCrash = "ended: controller crashed"

  /// Faults that others ended.
  case endedByOthers = "faults ended by others"
  /// Such ends that the journal has.
  case endTold = "early ends journaled"

  /// A killed process.
  case agentKilled = "killed: agent"
  /// A killed process.
  case watchdogKilled = "killed: watchdog"
  /// Both at one moment.
  case bothKilled = "killed: agent and watchdog"
  /// All three at one moment.
  case allKilled = "killed: controller, agent and watchdog"
  /// The host lost power and booted again.
  case powerLost = "power lost"
  /// A stopped process.
  case agentStopped = "stopped: agent"
  /// A stopped process.
  case watchdogStopped = "stopped: watchdog"
  /// A stopped process.
  case controllerStopped = "stopped: controller"
  /// A crash or stop at this step.
  case beforeLease = "struck before the lease was on disk"
  /// A crash or stop at this step.
  case arming = "struck while arming"
  /// A crash or stop at this step.
  case armed = "struck after arming"
  /// A crash or stop at this step.
  case injecting = "struck before the effect was known"
  /// A crash or stop at this step.
  case holding = "struck while holding"
  /// A crash or stop at this step.
  case reverting = "struck while reverting"
  /// A crash or stop at this step.
  case unnoted = "struck after the revert, before its note"

  /// A path.
  case pathCut = "paths cut by others"
  /// A path.
  case sshKilled = "ssh killed"
  /// A message.
  case messageLost = "messages lost"
  /// A message.
  case messageDoubled = "messages doubled"
  /// A message.
  case messageOvertook = "messages out of order"
  /// A message.
  case messageHeld = "messages held back by a cut path"

  /// A disk that can't be written to.
  case diskRefused = "writes refused by a disk"
  /// A write whose end a crash cut off.
  case writeCut = "notes lost with the power"
  /// An undo that did not work.
  case undoFailed = "undos that failed"
  /// An act that failed.
  case injectFailed = "injections that failed"
  /// A hypervisor or a BMC that hung.
  case hung = "acts that hung"
  /// A request to a BMC.
  case switchedOff = "hosts switched off by a BMC"
  /// A request to a BMC.
  case rebooted = "hosts rebooted by a BMC"
  /// A request to a BMC.
  case bmcSilent = "requests that a BMC did not answer"
  /// The machine of the controller lost power.
  case controllerPowerLost = "power lost: controller"
  /// A session took over from an earlier one.
  case takeover = "sessions taken over"

  /// Reverts by their trigger.
  case byController = "reverted by controller"
  /// Reverts by their trigger.
  case byStdin = "reverted by stdin's end"
  /// Reverts by their trigger.
  case byDeadline = "reverted by deadline"
  /// Reverts by their trigger.
  case byWatchdog = "reverted by watchdog"
  /// Reverts by their trigger.
  case byAgent = "reverted by agent"
  /// Reverts by their trigger.
  case byKernel = "reverted by kernel"
  /// Reverts by their trigger.
  case byRecover = "reverted by recover"
  /// Ended with the boot that held it.
  case byPower = "ended with the power"
}
