import Journal
import Testing

@Suite struct RecordsFoundTests {
  /// A record that was written after `previous`; 0 if it is the first. Its checksum is ten times its number.
  private func link(_ number: Int64, _ previous: Int64, previousChecksum: UInt32? = nil) -> RecordsFound.Link
  {
    .init(
      number: number, checksum: UInt32(number * 10), previous: previous,
      previousChecksum: previousChecksum ?? UInt32(previous * 10))
  }

  @Test("A chain in which records were written in another order than their numbers is whole")
  func order() {
    let found = RecordsFound([link(1, 0), link(4, 1), link(2, 4), link(7, 2)])
    #expect(found.present == [1...2, 4...4, 7...7])
    #expect(found.missing == [] && found.bypassed == [])
  }

  @Test("A record that is gone although another builds on it was on the disk before")
  func gone() {
    let found = RecordsFound([link(1, 0), link(3, 2), link(4, 3)])
    #expect(found.missing == [2...2] && found.bypassed == [])
  }

  @Test("A record with another content than the next one names is not the one on which that was built")
  func otherContent() {
    let found = RecordsFound([link(1, 0), link(2, 1), link(3, 2, previousChecksum: 77)])
    #expect(found.missing == [2...2])
  }

  @Test("Records that the writer of the later ones did not see are bypassed")
  func fork() {
    // After 3, the disk was seen as it was after 1.
    let found = RecordsFound([link(1, 0), link(2, 1), link(3, 2), link(8, 1), link(9, 8)])
    #expect(found.bypassed == [2...3] && found.missing == [])
  }

  @Test("The branch with the greatest number is the present one, also if its first record has a lower one")
  func latestBranch() {
    let found = RecordsFound([link(1, 0), link(5, 1), link(6, 5), link(2, 1), link(9, 2)])
    #expect(found.bypassed == [5...6])
  }

  @Test("Records that a writer with an empty disk did not see are bypassed")
  func emptyDisk() {
    let found = RecordsFound([link(1, 0), link(2, 1), link(8, 0), link(9, 8)])
    #expect(found.bypassed == [1...2])
  }

  @Test("Records that build on themselves are read without an end")
  func cycle() {
    let found = RecordsFound([link(1, 2), link(2, 1), link(3, 1)])
    #expect(found.present == [1...3])
  }

  @Test("The digest is that of numbers and contents")
  func digest() {
    let found = RecordsFound([link(1, 0), link(2, 1)])
    #expect(RecordsFound([link(2, 1), link(1, 0)]).digest == found.digest)
    #expect(RecordsFound([link(1, 0)]).digest != found.digest)
    var other = link(2, 1)
    other.checksum += 1
    #expect(RecordsFound([link(1, 0), other]).digest != found.digest)
  }
}
