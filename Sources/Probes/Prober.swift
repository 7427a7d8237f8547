import CLinux
import Dispatch
import Journal
import Linux
import Scenario

/// Samples services at a fixed rate, whether or not earlier requests have been answered, and delivers the samples.
///
/// It uses one thread, one epoll, and absolute times from one start, so that neither a stalled service nor a busy
/// thread pool can slow the rate. A sample that the prober itself sent more than half an interval late is `unknown`:
/// it shows nothing about the service. Coordinated omission can't occur, since latency is measured from the scheduled
/// time.
///
/// The prober's own overload is never reported as a failure of the service:
///
/// - The sockets are *read* at time t if all data that was ready at t is read. Deadlines are judged only then, and
///   only those at or before t: an answer that waits in the socket is always read first. An answer that is read after
///   its deadline is `ok`, since it may have arrived in time.
/// - The service gets its whole timeout. The deadline, which is the scheduled time plus the timeout, moves by the time
///   that the prober may have taken: from the scheduled time until the connect, and from the last time at which the
///   socket was observed not to be connected until the request is written. Both are upper bounds.
/// - While requests are open, the sockets are read at least four times in `longestGap`. If a longer gap overlaps with a
///   request, from its connect until its end, then a timeout, a close or a reset of the request, or a failure that an `exec` probe's program
///   reports, is `unknown` with the status `lagged`: the machine was too busy to observe it, and a server may have closed
///   only because the request came late. An expected answer, a wrong answer, a refused connection and an unreachable host don't depend on when
///   the prober reads, and keep their verdicts.
/// - The same is true while the control takes longer than `longestGap` to answer. The control is a service in the
///   prober's process that is probed like the others. If it is slow, the machine is too busy, even if the prober's
///   thread is not. Its samples have the probe `controlName`.
///
/// `completed` is the time at which an answer was read. The true time is earlier by at most the lag. Bounds of outages
/// stay valid, since a later `completed` only widens them. A latency is an upper bound of the service's latency.
package final class Prober: Sendable {
  private let wake: Descriptor
  private let ended = DispatchSemaphore(value: 0)

  /// The probe in the samples of the prober's control.
  package static let controlName = ControlService.name

  /// The longest time, in nanoseconds, between two reads of the sockets after which a missing answer is still a failure: a
  /// quarter of the shortest timeout. A shorter time is not needed, since deadlines move by the prober's own delays.
  static func longestGap(of probes: [Fleet.Probe]) -> Int64 {
    (probes.map(\.timeout.count).min() ?? 1_000_000_000) / 4
  }

  /// Starts sampling.
  ///
  /// - Parameters:
  ///   - probes: the probes; targets were validated when the fleet was read.
  ///   - trial: the trial number of the samples.
  ///   - origin: the run's start on the monotonic clock, in nanoseconds.
  ///   - deliver: called on the prober's thread for every complete sample.
  /// - Throws: `ProbeRefused` if a target is invalid, `SystemError` if the kernel refuses a descriptor.
  package convenience init(
    _ probes: [Fleet.Probe], trial: Int, origin: Int64, deliver: @escaping @Sendable (Sample) -> Void
  ) throws {
    try self.init(probes, beside: try ControlService(), trial: trial, origin: origin, deliver: deliver)
  }

  init(
    _ probes: [Fleet.Probe], beside control: ControlService, trial: Int, origin: Int64,
    deliver: @escaping @Sendable (Sample) -> Void
  ) throws {
    let wake = Descriptor(owning: try checked("eventfd", "prober") { clinux_eventfd() })
    let wakeNumber = wake.number
    let loop = try ProbeLoop(
      probes, beside: control, trial: trial, origin: origin, wake: wakeNumber, deliver: deliver)
    self.wake = wake
    let ended = ended
    try startThread(named: "prober") {
      loop.run()
      ended.signal()
    }
  }

  /// Stops sampling. Requests without an answer are delivered as `unknown`. Returns when the last sample was
  /// delivered, which is at once. Call only once.
  package func stop() {
    do {
      try wake.write([1, 0, 0, 0, 0, 0, 0, 0], to: "prober")
    } catch {
      // An eventfd refuses a write only if its counter is at its maximum: then the thread was already woken.
    }
    ended.wait()
  }
}
