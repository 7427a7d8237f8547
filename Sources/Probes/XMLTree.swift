import Foundation
import FoundationXML

/// An XML text as a tree of elements.
///
/// Built on the event parser: FoundationXML's document parser crashes the process on a text that isn't XML, which a
/// tool prints when it is interrupted.
package struct XMLTree {
  /// The element at the root.
  package let root: Element

  package struct Element {
    package var name: String
    package var attributes: [String: String]
    package var text = ""
    package var children: [Element] = []

    /// An attribute's value; empty if it is missing.
    package func attribute(_ name: String) -> String { attributes[name] ?? "" }
    /// The text of the first child with that name; empty if there is none.
    package func text(of child: String) -> String { children.first { $0.name == child }?.text ?? "" }
    /// All descendants with that name, in document order.
    package func all(_ name: String) -> [Element] {
      children.flatMap { ($0.name == name ? [$0] : []) + $0.all(name) }
    }
  }

  /// Parses a text; nil if it isn't one complete XML document.
  package init?(_ text: String) {
    let builder = Builder()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = builder
    guard parser.parse(), let root = builder.root else { return nil }
    self.root = root
  }

  private final class Builder: NSObject, XMLParserDelegate {
    var root: Element?
    private var open: [Element] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      open.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
      if !open.isEmpty { open[open.count - 1].text += text }
    }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) {
      guard let element = open.popLast() else { return }
      if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }
  }
}
