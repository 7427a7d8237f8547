/// The events that are counted over all runs. If the adversary never does one of them, the runs prove nothing about it.
package enum Happened: String, CaseIterable, Sendable {
  /// Runs in which at least one fault was active.
  case runWithFault = "runs with a fault"
  /// Faults that were active.
  case fault = "faults active"
  /// Acts that took effect after their lease had ended.
  case lateAct = "acts later than their lease"

  /// A run's end.
  case completed = "ended: completed"
  /// A run's end.
  case refused = "ended: refused"
  /// A run's end.
  case aborted = "ended: aborted"
  /// A run's end.
  case faultsActive = "ended: fault active"
  /// The controller died during the run.
  case controllerCrash = "ended: controller crashed"

  /// Faults that other programs ended.
  case endedByOthers = "faults ended by others"
  /// Early ends that are in the journal.
  case endTold = "early ends journaled"

  /// A killed process.
  case agentKilled = "killed: agent"
  /// A killed process.
  case watchdogKilled = "killed: watchdog"
  /// Both killed at the same time.
  case bothKilled = "killed: agent and watchdog"
  /// All three killed at the same time.
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

  /// A failure of a path.
  case pathCut = "paths cut by others"
  /// A path.
  case sshKilled = "ssh killed"
  /// A failure of a message.
  case messageLost = "messages lost"
  /// A failure of a message.
  case messageDoubled = "messages doubled"
  /// A failure of a message.
  case messageOvertook = "messages out of order"
  /// A failure of a message.
  case messageHeld = "messages held back by a cut path"

  /// A write that the disk refused.
  case diskRefused = "writes refused by a disk"
  /// A write that a power cut lost.
  case writeCut = "notes lost with the power"
  /// An undo that failed.
  case undoFailed = "undos that failed"
  /// An act that failed.
  case injectFailed = "injections that failed"
  /// A hypervisor or a BMC that hung.
  case hung = "acts that hung"
  /// A BMC that answered before it executed a change.
  case late = "changes that a BMC executed late"
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
  /// The fault ended with the boot of its host.
  case byPower = "ended with the power"
}
