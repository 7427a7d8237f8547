import Glibc
import Journal
import Linux
import Scenario

/// A service, ready to be asked by the prober's thread.
protocol ProbedService: AnyObject {
  /// Sends a request, and has `events` watch what the answer arrives at.
  func send(_ request: ProbeRequest, by events: ProbeEvents) throws(SystemError) -> any Attempt
}

/// A request that is about to be sent. Times are on the monotonic clock, in nanoseconds.
struct ProbeRequest {
  /// Its number among all requests of the prober: what `ProbeEvents` knows it by.
  var token: UInt64
  var sequence: Int64
  var scheduled: Int64
  var sent: Int64
  var timeout: Int64

  /// When it is given up, unless the prober itself takes more of the service's time.
  var deadline: Int64 { max(scheduled, sent) + timeout }
}

/// One request in progress.
protocol Attempt: AnyObject {
  /// When it is given up: its due time plus the timeout, plus the time that the prober itself may have taken.
  var deadline: Int64 { get }
  /// When its parts were over; nil if this kind doesn't report them.
  var parts: RequestParts? { get }
  /// The identity of the boot that answered, if the service reports it.
  var boot: String? { get }

  /// Proceeds as far as possible without waiting; returns the result, or nil while the attempt is in progress.
  ///
  /// - Parameter looked: the last time at which its descriptors are known not to have been ready.
  func advance(unreadySince looked: Int64) -> AttemptResult?
  /// At its deadline: reads what has arrived and was not read yet, since it takes several reads; returns the result, or
  /// nil if there is none.
  func readRest() -> AttemptResult?
  /// Ends it, with or without a result. Called once.
  func end()
}

extension Attempt {
  var parts: RequestParts? { nil }
  var boot: String? { nil }
  func readRest() -> AttemptResult? { nil }
  func end() {}
}

/// How an attempt ended.
struct AttemptResult: Equatable {
  var verdict: Sample.Verdict
  var status: String
  /// Whether a prober that lags can be the cause: nothing came, or an end came before the answer.
  var isMissing = false

  static func ok(_ status: String) -> Self { .init(verdict: .ok, status: status) }
  static func fail(_ status: String) -> Self { .init(verdict: .fail, status: status) }
  static func missing(_ status: String) -> Self { .init(verdict: .fail, status: status, isMissing: true) }
  static func unknown(_ status: String) -> Self { .init(verdict: .unknown, status: status) }
  static let timeout = missing("timeout")
  static let closed = missing("closed")

  /// A failed system call on the way to the service.
  init(errno: Int32) {
    switch errno {
    case ECONNREFUSED: self = .fail("refused")
    case ECONNRESET, EPIPE: self = .missing("reset")
    case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN: self = .fail("unreachable")
    case ETIMEDOUT: self = .timeout
    default: self = .fail("errno \(errno)")
    }
  }

  init(verdict: Sample.Verdict, status: String, isMissing: Bool = false) {
    self.verdict = verdict
    self.status = status
    self.isMissing = isMissing
  }

  /// A request that could not be sent.
  init(unsent error: SystemError) {
    self = Self.isOwn(error) ? .unknown("unsent") : .init(errno: error.errno)
  }

  /// Whether a failure is the prober's own: all are, except that a service may refuse a connection.
  private static func isOwn(_ error: SystemError) -> Bool {
    error.operation != "connect"
      || [EMFILE, ENFILE, ENOMEM, ENOBUFS, EPERM, EACCES, EADDRNOTAVAIL].contains(error.errno)
  }
}
