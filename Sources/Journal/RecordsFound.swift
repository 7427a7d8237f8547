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
    var children: [Parent: [Int]] = [:]
    for (index, link) in links.enumerated() {
      children[Parent(number: link.previous, checksum: link.previousChecksum), default: []].append(index)
    }
    /// By parent, the record itself, if it is there as its children name it.
    func index(of parent: Parent) -> Int? {
      indices[parent.number].flatMap { links[$0].checksum == parent.checksum ? $0 : nil }
    }
    missing = children.keys.filter { $0.number != 0 && index(of: $0) == nil }.map(\.number)
    let forks = children.values.filter { $0.count > 1 }
    if forks.isEmpty { return }
    func below(_ index: Int) -> [Int] {
      var found: Set = [index]
      var open = [index]
      while let next = open.popLast() {
        for child in children[Parent(number: links[next].number, checksum: links[next].checksum)] ?? []
        where found.insert(child).inserted { open.append(child) }
      }
      return Array(found)
    }
    var passed: Set<Int64> = []
    for fork in forks {
      let branches = fork.map(below)
      let latest = branches.indices.max { (branches[$0].max() ?? 0) < (branches[$1].max() ?? 0) }
      for branch in branches.indices where branch != latest {
        passed.formUnion(branches[branch].map { links[$0].number })
      }
    }
    bypassed = Array(passed)
  }
}
