import Glibc
import HostTesting
import Linux
import Testing

struct DescriptorTests {
  private func isReadable(_ descriptor: Int32, within milliseconds: Int32 = 0) -> Bool {
    var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&watched, 1, milliseconds) == 1
  }

  @Test("A timer fires at its time and not before", arguments: [Clock.boottime, .monotonic, .realtime])
  func timersFireAtTheirTimeNotBefore(clock: Clock) throws {
    let time = clock.now + 30_000_000
    let timer = try Descriptor(timerOn: clock, at: time)
    #expect(isReadable(timer.number, within: 60_000))
    // The wall clock may have been set back meanwhile.
    if clock != .realtime { #expect(clock.now >= time) }
  }

  @Test("A timer in the past fires at once, and one in the far future doesn't")
  func timersOfThePastFireAtOnceAndFarOnesDoNot() throws {
    for past in [0, 1, Clock.boottime.now - 1] {
      let timer = try Descriptor(timerOn: .boottime, at: past)
      #expect(isReadable(timer.number, within: 60_000))
    }
    // One is in an hour, the other is never.
    for far in [Clock.boottime.now + 3_600_000_000_000, Int64.max / 2] {
      let timer = try Descriptor(timerOn: .boottime, at: far)
      #expect(!isReadable(timer.number))
    }
  }

  @Test("A process handle becomes readable when its process ends")
  func aProcessHandleIsReadableAfterItsEnd() throws {
    let child = try ChildProcess(["/bin/sleep", "600"])
    let pid = child.pid
    let handle = try Descriptor(process: pid)
    #expect(!isReadable(handle.number))
    try handle.signal(SIGKILL)
    #expect(isReadable(handle.number, within: 60_000))
    #expect(try child.wait() == .signalled(SIGKILL))
    #expect(throws: SystemError("pidfd_send_signal", "9", errno: ESRCH)) { try handle.signal(SIGKILL) }
    #expect(throws: SystemError("pidfd_open", "\(pid)", errno: ESRCH)) { _ = try Descriptor(process: pid) }
  }

  @Test("A pipe ends when its writing end is closed")
  func pipesEndWhenTheirWriterGoes() throws {
    var pipe = try Descriptor.pipe()
    try pipe.write.write([1, 2, 3], to: "pipe")
    #expect(try pipe.read.read(upTo: 2, from: "pipe") == [1, 2])
    #expect(try pipe.read.read(upTo: 2, from: "pipe") == [3])
    pipe.write.close()
    #expect(try pipe.read.read(upTo: 2, from: "pipe") == [])
    // Closing again must not close another descriptor.
    pipe.write.close()
    #expect(pipe.write.number == -1)
  }

  @Test("A write longer than a pipe's buffer is complete")
  func longWritesAreWhole() throws {
    let pipe = try Descriptor.pipe()
    let number = pipe.write.number
    let mailbox = try Mailbox<String?>()
    // More than a pipe holds.
    try startThread(named: "writer") {
      do {
        try Descriptor(owning: dup(number)).write([UInt8](repeating: 5, count: 300_000), to: "pipe")
        mailbox.post(nil)
      } catch {
        mailbox.post("\(error)")
      }
    }
    var count = 0
    while count < 300_000 { count += try pipe.read.read(upTo: 65536, from: "pipe").count }
    var outcome: [String?] = []
    try eventually("the writer is done") {
      outcome = mailbox.take()
      return !outcome.isEmpty
    }
    #expect(outcome == [nil])
    #expect(count == 300_000)
  }

  @Test("An error has its number and its path")
  func errorsKeepTheirNumberAndSayWhere() {
    let error = #expect(throws: SystemError.self) { _ = try Descriptor(open: "/no/such/file", O_RDONLY) }
    #expect(error == SystemError("open", "/no/such/file", errno: ENOENT))
  }

  @Test("A descriptor is not inherited, and is closed at the end of its scope")
  func descriptorsAreNotInheritedAndCloseByThemselves() throws {
    func readingEnd() throws -> Descriptor {
      let pipe = try Descriptor.pipe()
      for number in [pipe.read.number, pipe.write.number] {
        #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
      }
      return Descriptor(owning: fcntl(pipe.read.number, F_DUPFD_CLOEXEC, 0))
    }
    let end = try readingEnd()
    // The read would block forever if the write end were still open.
    #expect(try end.read(upTo: 1, from: "pipe") == [])
  }
}
