import Scenario

/// A moment of a trial in an address of its report: `#t=8.4`, in seconds since the picture's origin.
enum Moment {
  static func text(_ time: Nanoseconds) -> String {
    let tenths = (time.count.magnitude + 50_000_000) / 100_000_000
    return (time < .zero && tenths > 0 ? "-" : "") + "\(tenths / 10).\(tenths % 10)"
  }
}
