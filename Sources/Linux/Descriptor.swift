import CLinux
import Glibc

/// An open file descriptor that is closed when it goes out of scope.
package struct Descriptor: ~Copyable, Sendable {
  /// The number, for calls that this library doesn't wrap. Valid while the descriptor exists.
  package private(set) var number: Int32

  /// Takes ownership of an open descriptor.
  package init(owning number: Int32) { self.number = number }

  deinit { if number >= 0 { Glibc.close(number) } }

  package mutating func close() {
    Glibc.close(number)
    number = -1
  }

  /// Moves it to a number above the standard descriptors. A process that was started with a standard descriptor
  /// closed opens its next file with that number, where a child expects its stdin, stdout or stderr.
  mutating func moveAboveStandard() throws(SystemError) {
    if number > 2 { return }
    let moved = try checked("fcntl", "\(number)") { fcntl(number, F_DUPFD_CLOEXEC, 3) }
    Glibc.close(number)
    number = moved
  }

  /// open(2), close-on-exec.
  package init(open path: String, _ flags: Int32, mode: mode_t = 0o600) throws(SystemError) {
    self.init(owning: try checked("open", path) { Glibc.open(path, flags | O_CLOEXEC, mode) })
  }

  /// A timer on a clock (CLOCK_BOOTTIME, CLOCK_MONOTONIC) that becomes readable at an absolute time in
  /// nanoseconds; see timerfd_create(2).
  package init(timerOn clock: Clock, at nanoseconds: Int64) throws(SystemError) {
    self.init(owning: try checked("timerfd_create", clock.rawValue) { clinux_timerfd(clock.id, nanoseconds) })
  }

  /// Becomes readable when the process ends; see pidfd_open(2).
  package init(process pid: Int32) throws(SystemError) {
    self.init(owning: try checked("pidfd_open", "\(pid)") { clinux_pidfd_open(pid) })
  }

  /// Waits until a descriptor is readable, or at its end; false if the time in nanoseconds is over. See ppoll(2).
  package static func isReadable(_ number: Int32, within nanoseconds: Int64) throws(SystemError) -> Bool {
    try checked("ppoll", "\(number)") { clinux_wait_readable(number, nanoseconds) } > 0
  }

  package static func pipe() throws(SystemError) -> Pipe {
    var ends: [Int32] = [0, 0]
    try checked("pipe2", "") { clinux_pipe(&ends) }
    return Pipe(read: Descriptor(owning: ends[0]), write: Descriptor(owning: ends[1]))
  }

  /// Writes all bytes; see write(2).
  package func write(_ bytes: some Collection<UInt8>, to object: String) throws(SystemError) {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = try checked("write", object) {
        rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Allocates space behind `offset`; see fallocate(2). The file grows to its end.
  package func allocate(_ length: Int64, from offset: Int64 = 0, named object: String) throws(SystemError) {
    try checked("fallocate", object) { clinux_allocate(number, offset, length) }
  }

  /// Blocks all writes to the file's file system; see fsfreeze(8).
  package func freezeFileSystem(named object: String) throws(SystemError) {
    try checked("FIFREEZE", object) { clinux_freeze_file_system(number) }
  }

  /// Ends what `freezeFileSystem` began; false if the file system isn't frozen.
  package func thawFileSystem(named object: String) throws(SystemError) -> Bool {
    do throws(SystemError) {
      try checked("FITHAW", object) { clinux_thaw_file_system(number) }
      return true
    } catch {
      if error.errno == EINVAL { return false }
      throw error
    }
  }

  /// Reads up to `capacity` bytes; empty at the end of the file.
  package func read(upTo capacity: Int, from object: String) throws(SystemError) -> [UInt8] {
    var failed: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      do throws(SystemError) {
        count = try checked("read", object) { Glibc.read(number, buffer.baseAddress, capacity) }
      } catch {
        failed = error
        count = 0
      }
    }
    if let failed { throw failed }
    return bytes
  }

  /// Sends a signal to the process behind a pidfd; see pidfd_send_signal(2).
  package func signal(_ signal: Int32) throws(SystemError) {
    try checked("pidfd_send_signal", "\(signal)") { clinux_pidfd_signal(number, signal) }
  }

  package struct Pipe: ~Copyable {
    package var read: Descriptor
    package var write: Descriptor
  }
}
