import Testing

@testable import Netlink

@Suite struct OrderRepairTests {
  /// The kernel's list after the steps.
  private static func list(_ present: [Int], after steps: [OrderRepair<Int>.Step]) -> [Int] {
    var list = present
    for step in steps {
      #expect(list.contains(step.value) == step.isPresent)
      list.removeAll { $0 == step.value }
      list.insert(step.value, at: step.isAtFront ? 0 : list.count)
    }
    return list
  }

  @Test("A list that is in order needs no step", arguments: [ListEnds.front, .back, [.front, .back]])
  func nothingToDo(ends: ListEnds) {
    #expect(OrderRepair(wanted: [1, 2, 3], present: [9, 1, 2, 8, 3], ends: ends).steps == [])
    #expect(OrderRepair(wanted: [], present: [1], ends: ends).steps == [])
  }

  @Test("Other values are moved only if necessary")
  func othersAreSpared() {
    // The first of two routes was lost, and the second stays in place.
    let lost = OrderRepair(wanted: [1, 2], present: [2], ends: [.front, .back])
    #expect(lost.steps == [.init(value: 1, isAtFront: true, isPresent: false)])
    // The kernel has added the first one after the other, which doesn't belong to this stack.
    let late = OrderRepair(wanted: [1, 2], present: [2, 1], ends: [.front, .back]) { $0 == 2 }
    #expect(late.steps == [.init(value: 1, isAtFront: true, isPresent: true)])
    let between = OrderRepair(wanted: [1, 2, 3], present: [2], ends: [.front, .back])
    #expect(between.steps.allSatisfy { $0.value != 2 })
  }

  @Test("After every loss or move, the wanted values are in their order, and other values keep theirs")
  func anyLoss() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<3000 {
      let wanted = Array((0..<Int.random(in: 0...6, using: &random)).shuffled())
      var present = wanted.filter { _ in Bool.random(using: &random) }
      if Bool.random(using: &random) { present.shuffle() }
      for other in [100, 101] { present.insert(other, at: Int.random(in: 0...present.count, using: &random)) }
      for ends: ListEnds in [.front, .back, [.front, .back]] {
        let repair = OrderRepair(wanted: wanted, present: present, ends: ends) { $0 % 2 == 0 }
        if ends != [.front, .back] {
          #expect(repair.steps.allSatisfy { $0.isAtFront == (ends == .front) })
        }
        let list = Self.list(present, after: repair.steps)
        #expect(list.filter { $0 < 100 } == wanted, "\(present) \(wanted)")
        #expect(list.filter { $0 >= 100 } == present.filter { $0 >= 100 })
        #expect(OrderRepair(wanted: wanted, present: list, ends: ends).steps == [])
      }
    }
  }
}
