/// What one place has of the records of an append probe in one trial: the service's disk, a mount or a replica.
package struct RecordsFound: Codable, Equatable, Sendable {
  /// The numbers of the whole records of the trial.
  package var present = NumberRanges()
  /// The numbers whose places have something else than a whole record.
  package var torn = NumberRanges()
  /// Torn records whose numbers are not known.
  package var tornUnplaced = 0
  /// The numbers whose places have a whole record of an earlier trial.
  package var older = NumberRanges()
  /// Whole records on which the later ones don't build: they were written in a state of the disk that lacks these.
  package var bypassed = NumberRanges()
  /// Records on which a whole record builds, and that are absent or differ. They were on the disk before.
  package var missing = NumberRanges()
  /// Of the numbers and checksums of the whole records, in their order. nil in journals before format 6.
  package var digest: UInt32?

  package init(
    present: NumberRanges = [], torn: NumberRanges = [], tornUnplaced: Int = 0, older: NumberRanges = [],
    bypassed: NumberRanges = [], missing: NumberRanges = [], digest: UInt32? = nil
  ) {
    self.present = present
    self.torn = torn
    self.tornUnplaced = tornUnplaced
    self.older = older
    self.bypassed = bypassed
    self.missing = missing
    self.digest = digest
  }

  /// A whole record's place in the chain.
  package struct Link: Equatable, Sendable {
    package var number: Int64
    package var checksum: UInt32
    /// The record that was written before it; 0 if it is the first.
    package var previous: Int64
    package var previousChecksum: UInt32

    package init(number: Int64, checksum: UInt32, previous: Int64, previousChecksum: UInt32) {
      self.number = number
      self.checksum = checksum
      self.previous = previous
      self.previousChecksum = previousChecksum
    }
  }

  /// Follows the chain of the whole records.
  ///
  /// If several records build on the same one, the disk was seen in an older state in between. The branch with the
  /// greatest number is the present one; the records of the others are bypassed.
  package init(_ links: [Link], torn: [Int64] = [], tornUnplaced: Int = 0, older: [Int64] = []) {
    let links = Dictionary(links.map { ($0.number, $0) }) { first, _ in first }.values.sorted {
      $0.number < $1.number
    }
    present = NumberRanges(links.map(\.number))
    self.torn = NumberRanges(torn).subtracting(present)
    self.tornUnplaced = tornUnplaced
    self.older = NumberRanges(older).subtracting(present)
    digest = Self.digest(of: links)
    let chain = Chain(links)
    bypassed = NumberRanges(chain.bypassed)
    missing = NumberRanges(chain.missing)
  }

  private static func digest(of links: [Link]) -> UInt32 {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(links.count * 12)
    for link in links {
      withUnsafeBytes(of: link.number.littleEndian) { bytes += $0 }
      withUnsafeBytes(of: link.checksum.littleEndian) { bytes += $0 }
    }
    return bytes.withUnsafeBytes { CRC32.of($0) }
  }
}

/// The tree of records, in which each one's parent is the record on which it builds.
private struct Chain {
  private(set) var bypassed: [Int64] = []
  private(set) var missing: [Int64] = []

  private struct Parent: Hashable { var number: Int64, checksum: UInt32 }

  init(_ links: [RecordsFound.Link]) {
    let indices = Dictionary(links.enumerated().map { ($1.number, $0) }) { first, _ in first }
    var followers: [Parent: [Int]] = [:]
    for (index, link) in links.enumerated() {
      followers[Parent(number: link.previous, checksum: link.previousChecksum), default: []].append(index)
    }
    /// By parent, the record itself, if it is there as its children name it.
    func index(of parent: Parent) -> Int? {
      indices[parent.number].flatMap { links[$0].checksum == parent.checksum ? $0 : nil }
    }
    missing = followers.keys.filter { $0.number != 0 && index(of: $0) == nil }.map(\.number)
    let forks = followers.values.filter { $0.count > 1 }
    if forks.isEmpty { return }
    func children(of index: Int) -> [Int] {
      followers[Parent(number: links[index].number, checksum: links[index].checksum)] ?? []
    }
    let greatest = Self.greatestNumbers(links.map(\.number), children: children(of:))
    // Each record is followed once, for any content of a disk.
    var open = forks.flatMap { fork in
      let latest = fork.max { greatest[$0] < greatest[$1] }
      return fork.filter { $0 != latest }
    }
    var passed = Set(open)
    while let next = open.popLast() {
      for child in children(of: next) where passed.insert(child).inserted { open.append(child) }
    }
    bypassed = passed.map { links[$0].number }
  }

  /// By record, the greatest number of those that build on it, or its number.
  private static func greatestNumbers(_ numbers: [Int64], children: (Int) -> [Int]) -> [Int64] {
    var greatest = numbers
    var isEntered = [Bool](repeating: false, count: numbers.count)
    for start in numbers.indices where !isEntered[start] {
      isEntered[start] = true
      var open = [(index: start, isLeft: false)]
      while let (index, isLeft) = open.popLast() {
        if isLeft {
          greatest[index] = children(index).reduce(greatest[index]) { max($0, greatest[$1]) }
          continue
        }
        open.append((index, true))
        for child in children(index) where !isEntered[child] {
          isEntered[child] = true
          open.append((child, false))
        }
      }
    }
    return greatest
  }
}
