import FoundationEssentials
import History
import Mustache

extension HistoryReport {
  /// The pages: `index.html`, and one for each history. Each is one file, and none needs a network.
  ///
  /// - Parameter link: the address of a run's report, from the pages' folder; nil for a run without one.
  /// - Throws: `ReportError.rendering`.
  package func pages(link: @escaping (RunRecord) -> String?) throws(ReportError) -> [(
    name: String, data: Data
  )] {
    let policy = PagePolicy.policy(style: HistoryPage.style)
    var pages: [(name: String, data: Data)] = []
    do {
      let index = IndexPage(
        histories, now: now, page: { Self.address(of: Self.pageName($0)) }, link: link)
      pages.append(
        ("index.html", Data(try MustacheTemplate(string: IndexPage.template).render(index).utf8)))
      let template = try MustacheTemplate(string: HistoryPage.template)
      for history in histories {
        let page = HistoryPage(history, policy: policy, style: HistoryPage.style, link: link)
        pages.append((Self.pageName(history), Data(template.render(page).utf8)))
      }
    } catch {
      throw .rendering(file: "index.html", reason: "\(error)")
    }
    return pages
  }

  /// `unplug-host@tdf.html`. A fleet's name may have characters that no file's name can have.
  private static func pageName(_ history: History) -> String {
    "\(history.scenario)@\(history.fleet).html".replacing("/", with: "_")
  }

  /// A path as a relative address: every byte that could end it or mean something else is encoded.
  package static func address(of path: String) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~/@".utf8)
    let digits = Array("0123456789ABCDEF")
    return path.utf8.reduce(into: "") { text, byte in
      if plain.contains(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
  }
}
