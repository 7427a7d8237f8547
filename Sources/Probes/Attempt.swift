import Glibc
import Journal
import Linux
import Scenario

/// A service to which the prober's thread can send requests.
protocol ProbedService: AnyObject {
  /// Sends a request, and makes `events` watch the descriptors at which the answer arrives.
  func send(_ request: ProbeRequest, by events: ProbeEvents) throws(SystemError) -> any Attempt
}

/// A request that is about to be sent. Times are on the monotonic clock, in nanoseconds.
struct ProbeRequest {
  /// Its number among all requests of the prober. `ProbeEvents` refers to it by this number.
  var token: UInt64
  var sequence: Int64
  var scheduled: Int64
  var sent: Int64
  var timeout: Int64

  /// The time limit of the answer, unless the prober itself delays the service.
  var deadline: Int64 { max(scheduled, sent) + timeout }
}

/// One request in progress.
protocol Attempt: AnyObject {
  /// The time limit: the due time plus the timeout, plus the time that the prober itself may have taken.
  var deadline: Int64 { get }
  /// The end times of its parts. Nil if this kind doesn't report them.
  var parts: RequestParts? { get }
  /// The id of the boot that answered, if the service reports it.
  var boot: String? { get }

  /// Proceeds as far as possible without waiting. Returns the result, or nil while the attempt is in progress.
  ///
  /// - Parameters:
  ///   - flags: the event of its own descriptor; 0 if there was none yet, or if a source's attempt has ended.
  ///   - looked: the last time at which its descriptors were observed not to be ready.
  func advance(_ flags: EventFlags, unreadySince looked: Int64) -> AttemptResult?
  /// Called at the deadline. Reads the data that has arrived and was not read yet, in several reads. Returns the
  /// result, or nil if there is none.
  func readRest() -> AttemptResult?
  /// Ends the attempt, with or without a result. Called once.
  func end()
}

extension Attempt {
  var parts: RequestParts? { nil }
  var boot: String? { nil }
  func readRest() -> AttemptResult? { nil }
  func end() {}
}

/// The result of an attempt.
struct AttemptResult: Equatable {
  var verdict: Sample.Verdict
  var status: String
  /// Whether a prober that lags can be the cause: no data came, or the connection ended before the answer.
  var isMissing = false

  static func ok(_ status: String) -> Self { .init(verdict: .ok, status: status) }
  static func fail(_ status: String) -> Self { .init(verdict: .fail, status: status) }
  static func missing(_ status: String) -> Self { .init(verdict: .fail, status: status, isMissing: true) }
  static func unknown(_ status: String) -> Self { .init(verdict: .unknown, status: status) }
  /// The prober could not send the request: the machine lacks something, or refuses it.
  static let unsent = unknown("unsent")
  static let timeout = missing("timeout")
  static let closed = missing("closed")

  /// A failed system call of the connection or the request.
  init(errno: Int32) {
    switch errno {
    case ECONNREFUSED: self = .fail("refused")
    case ECONNRESET, EPIPE: self = .missing("reset")
    // An IPv6 firewall on the way that prohibits a connection causes EACCES; see icmpv6_err_convert() in the kernel's source.
    case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, EACCES: self = .fail("unreachable")
    case ETIMEDOUT: self = .timeout
    case _ where Self.own.contains(errno): self = .unsent
    default: self = .fail("errno-\(errno)")
    }
  }

  init(verdict: Sample.Verdict, status: String, isMissing: Bool = false) {
    self.verdict = verdict
    self.status = status
    self.isMissing = isMissing
  }

  /// Whether the wall clock of this machine decided it: libcurl compares a certificate's times with that clock.
  var isByWallClock: Bool { verdict == .fail && ["expired", "not-yet-valid"].contains(status) }

  /// A request that could not be sent.
  init(unsent error: SystemError) {
    self = Self.isOwn(error) ? .unsent : .init(errno: error.errno)
  }

  /// The errors that show nothing about the service, whichever system call returns them: the machine lacks something, its own
  /// firewall drops the packet (EPERM), its own link is down or gone, or the address can't be used (EINVAL).
  private static let own: Set<Int32> = [
    EMFILE, ENFILE, ENOMEM, ENOBUFS, EPERM, EADDRNOTAVAIL, ENETDOWN, ENODEV, EINVAL,
  ]

  /// Whether a failure is the prober's own. All failures are, except that a service may refuse a connection. connect(2)
  /// itself returns EACCES only for a route or a policy of this machine.
  private static func isOwn(_ error: SystemError) -> Bool {
    error.operation != "connect" || own.contains(error.errno) || error.errno == EACCES
  }
}
