import CLinux
import Glibc

/// The wall clock of a machine, CLOCK_REALTIME. It can be moved by an offset, which is right however late it happens.
package struct WallClock: Sendable {
  /// The wall clock minus the boot clock, in nanoseconds. Only a change of the wall clock changes it.
  package var position: @Sendable () -> Int64
  /// Moves it by some nanoseconds, in one step.
  package var move: @Sendable (Int64) throws(SystemError) -> Void
  /// Why this process can't move it, without its owner's harm; nil if it can.
  package var obstacle: @Sendable () -> String?

  package init(
    position: @escaping @Sendable () -> Int64, move: @escaping @Sendable (Int64) throws(SystemError) -> Void,
    obstacle: @escaping @Sendable () -> String?
  ) {
    self.position = position
    self.move = move
    self.obstacle = obstacle
  }

  /// The clock of the machine that runs this process.
  package static let machine = WallClock(
    position: {
      while true {
        let (before, wall, after) = (Clock.boottime.now, Clock.realtime.now, Clock.boottime.now)
        // A process that was stopped in between read two different times.
        if after - before < 1_000_000 { return wall - before }
      }
    },
    move: { offset throws(SystemError) in
      if !isOwnMachine { throw SystemError("move", "the wall clock of another machine", errno: EPERM) }
      try checked("clock_adjtime", "the wall clock") { clinux_move_wall_clock(offset) }
    },
    obstacle: {
      if !isOwnMachine {
        return "this host is a container: its wall clock is that of the machine on which it runs"
      }
      let code = clinux_may_move_wall_clock()
      return code == 0
        ? nil : "\(SystemError("clock_adjtime", "the wall clock", errno: code)): CAP_SYS_TIME is missing"
    })

  /// Whether this process is in the first pid namespace of the kernel. No namespace has a wall clock, so a container, or
  /// a host of `murphy lab`, would move the clock of the whole machine.
  private static var isOwnMachine: Bool {
    var status = stat()
    // PROC_PID_INIT_INO of include/linux/proc_ns.h, in all versions since Linux 3.8.
    return stat("/proc/self/ns/pid", &status) == 0 && status.st_ino == 0xEFFF_FFFC
  }
}
