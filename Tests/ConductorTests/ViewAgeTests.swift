import Journal
import Scenario
import Testing

@testable import Conductor

@Suite struct ViewAgeTests {
  private static let fleet = Fleet(
    name: "tdf", hosts: [.init(name: "falco", ssh: "root@falco", links: [:])],
    views: [.init(name: "targets", kind: .init("prometheus"))])

  private func belief(_ words: String, age: Int64?) -> Belief {
    .verdict(Verdict(words: words, age: age.map { .seconds($0) }))
  }

  @Test("A belief is recorded again when it changes or its data are much older, not when they are younger")
  func recorded() {
    var views = PlatformViews(of: Self.fleet)
    let taken = [
      ("1", 2), ("1", 3), ("1", 4), ("1", 0), ("1", 4), ("1", 100), ("1", 120), ("1", 126), ("0", 1),
    ]
    .map { views.take(belief($0, age: $1), of: "targets") }
    #expect(taken == [true, false, true, false, false, true, false, true, true])
  }

  @Test("A belief without an age is recorded once, and an age that becomes known is recorded")
  func unknown() {
    var views = PlatformViews(of: Self.fleet)
    let taken = [nil, nil, 0, nil, 1].map { views.take(belief("1", age: $0), of: "targets") }
    #expect(taken == [true, false, true, false, false])
  }

  @Test("Only a verdict with other content has other content")
  func content() {
    #expect(belief("1", age: 1).hasContent(of: belief("1", age: nil)))
    #expect(!belief("1", age: 1).hasContent(of: belief("0", age: 1)))
    #expect(!belief("1", age: 1).hasContent(of: nil))
  }
}
