/// The words of a text with their places in it.
struct Words {
  private(set) var all: [(text: String, offset: Int)] = []
  /// The end of the text: the place of a missing word.
  let end: Int

  init(_ text: String) {
    var word = ""
    var start = 0
    let scalars = Array(text.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      if scalar.properties.isWhitespace {
        if !word.isEmpty { all.append((word, start)) }
        word = ""
      } else {
        if word.isEmpty { start = index }
        word.unicodeScalars.append(scalar)
      }
    }
    if !word.isEmpty { all.append((word, start)) }
    end = all.last.map { $0.offset + $0.text.unicodeScalars.count } ?? 0
  }

  var count: Int { all.count }
  subscript(index: Int) -> String? { all.indices.contains(index) ? all[index].text : nil }
  /// The place of a word, or of the end if there is none.
  func offset(_ index: Int) -> Int { all.indices.contains(index) ? all[index].offset : end }
  /// An error at a word.
  func complaint(_ index: Int, _ message: String, _ kind: Diagnostic.Kind = .value) -> Form.Complaint {
    Form.Complaint(message: message, kind: kind, offset: offset(index))
  }
}
