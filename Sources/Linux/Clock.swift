import Glibc

/// A clock of the kernel; see clock_gettime(2).
package enum Clock: String, Sendable {
  /// Counts from boot and stops while the machine is suspended.
  case monotonic
  /// Counts from boot, also while the machine is suspended: for deadlines.
  case boottime
  /// The wall clock. It may jump, so use it only for display.
  case realtime

  var id: clockid_t {
    switch self {
    case .monotonic: CLOCK_MONOTONIC
    case .boottime: CLOCK_BOOTTIME
    case .realtime: CLOCK_REALTIME
    }
  }

  /// The time in nanoseconds.
  package var now: Int64 {
    var time = timespec()
    clock_gettime(id, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

extension Clock {
  /// Identifies the kernel's boot. Values of `boottime` and `monotonic` from different boots are not comparable. See
  /// /proc/sys/kernel/random/boot_id in proc(5).
  package static func bootIdentity() throws(SystemError) -> String {
    let path = "/proc/sys/kernel/random/boot_id"
    let bytes = try Descriptor(open: path, O_RDONLY).read(upTo: 64, from: path)
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
