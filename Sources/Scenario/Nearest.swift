/// The valid name nearest to a misspelt one.
package enum Nearest {
  /// The candidate that `word` is probably a misspelling of; nil if none is similar, or if there are too many to
  /// compare.
  package static func name(to word: String, among candidates: [String]) -> String? {
    guard candidates.count <= 256, word.utf8.count <= 64 else { return nil }
    let word = word.lowercased()
    let length = word.count
    let near = candidates.compactMap { name -> (name: String, distance: Int)? in
      let longest = max(length, name.count)
      let most = max(1, longest / 3)
      guard abs(length - name.count) <= most else { return nil }
      let distance = distance(word, name.lowercased())
      return distance <= most && distance < longest ? (name, distance) : nil
    }
    if let best = near.min(by: { $0.distance < $1.distance }) { return best.name }
    // A prefix of a name, or a name with a suffix, means that name.
    guard length >= 3 else { return nil }
    return candidates.first {
      $0.lowercased().hasPrefix(word) || ($0.count >= 3 && word.hasPrefix($0.lowercased()))
    }
  }

  /// `: did you mean 'website'?`, or the valid names if there are few.
  package static func hint(_ word: String, among candidates: [String]) -> String {
    if let name = name(to: word, among: candidates) { return ": did you mean '\(name)'?" }
    switch candidates.count {
    case 0: return ": there is none"
    case 1...16: return ": expected \(list(candidates))"
    default: return ""
    }
  }

  /// `a, b or c`.
  package static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "nothing" }
    return names.dropLast().joined(separator: ", ") + " or " + last
  }

  /// The number of characters to insert, delete, replace or swap with a neighbour.
  package static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left)
    let right = Array(right)
    var rows = [Array(0...right.count)]
    for i in left.indices {
      var row = [i + 1]
      for j in right.indices {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (left[i] == right[j] ? 0 : 1))
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[left.count][right.count]
  }
}
