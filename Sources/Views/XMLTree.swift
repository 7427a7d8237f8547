import CXML

/// An XML text as a tree of elements, for tools with machine-readable output. libxml2, which libvirt already uses,
/// parses it.
package struct XMLTree {
  /// The element at the root.
  package let root: Element

  package struct Element: Equatable {
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

  /// Parses a text; nil if it isn't one complete XML document, or has a document type, which none of these tools
  /// prints.
  package init?(_ text: String) {
    var text = text
    let document = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        xmlReadMemory(characters.baseAddress, Int32(clamping: characters.count), nil, "UTF-8", Self.options)
      }
    }
    guard let document else { return nil }
    defer { xmlFreeDoc(document) }
    guard document.pointee.intSubset == nil, let node = xmlDocGetRootElement(document) else { return nil }
    root = Element(node)
  }

  /// No network access, no entities except XML's own, and no output to stderr. libxml2 limits depth and size.
  private static let options = Int32(
    XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
      | XML_PARSE_NOCDATA.rawValue)
}

extension XMLTree.Element {
  fileprivate init(_ node: xmlNodePtr) {
    self.init(name: String(xml: node.pointee.name), attributes: [:])
    for attribute in sequence(first: node.pointee.properties, next: { $0?.pointee.next }) {
      guard let attribute else { break }
      attributes[String(xml: attribute.pointee.name)] = Self.text(below: attribute.pointee.children)
    }
    for child in sequence(first: node.pointee.children, next: { $0?.pointee.next }) {
      guard let child else { break }
      if child.pointee.type == XML_ELEMENT_NODE { children.append(Self(child)) }
    }
    text = Self.text(below: node.pointee.children)
  }

  private static func text(below first: xmlNodePtr?) -> String {
    var text = ""
    for node in sequence(first: first, next: { $0?.pointee.next }) {
      guard let node else { break }
      if node.pointee.type == XML_TEXT_NODE { text += String(xml: node.pointee.content) }
    }
    return text
  }
}

extension String {
  fileprivate init(xml text: UnsafePointer<xmlChar>?) {
    self = text.map { String(cString: $0) } ?? ""
  }
}
