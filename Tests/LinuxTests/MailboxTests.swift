import Glibc
import HostTesting
import Linux
import Testing

struct MailboxTests {
  @Test("Messages are taken once, in their order")
  func messagesComeInTheirOrderAndOnce() throws {
    let mailbox = try Mailbox<Int>()
    #expect(!isReadable(mailbox))
    for number in 1...3 { mailbox.post(number) }
    #expect(isReadable(mailbox))
    #expect(mailbox.take() == [1, 2, 3])
    #expect(!isReadable(mailbox))
    #expect(mailbox.take() == [])
  }

  @Test("No message of several threads is lost")
  func noMessageOfManyThreadsIsLost() throws {
    let mailbox = try Mailbox<Int>()
    for thread in 0..<4 {
      try startThread(named: "sender") { for number in 0..<500 { mailbox.post(thread * 500 + number) } }
    }
    var all: [Int] = []
    try eventually("all have come") {
      mailbox.wait(nanoseconds: 1_000_000_000)
      all += mailbox.take()
      return all.count >= 2000
    }
    #expect(all.sorted() == Array(0..<2000))
    for thread in 0..<4 {
      let own = all.filter { $0 / 500 == thread }
      #expect(own == own.sorted())
    }
  }

  @Test("A wait ends at its timeout without a message")
  func waitingReturnsWithoutAMessageToo() throws {
    let mailbox = try Mailbox<Int>()
    mailbox.wait(nanoseconds: 1)
    mailbox.wait(nanoseconds: -1)
    #expect(mailbox.take() == [])
  }

  private func isReadable(_ mailbox: Mailbox<Int>) -> Bool {
    var watched = pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&watched, 1, 0) == 1
  }
}
